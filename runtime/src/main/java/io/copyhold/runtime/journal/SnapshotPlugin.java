package io.copyhold.runtime.journal;

import com.typesafe.config.Config;
import io.copyhold.runtime.postgres.ControlDatabase;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.persistence.SelectedSnapshot;
import org.apache.pekko.persistence.SnapshotMetadata;
import org.apache.pekko.persistence.SnapshotSelectionCriteria;
import org.apache.pekko.persistence.snapshot.japi.SnapshotStore;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;
import org.apache.pekko.serialization.SerializerWithStringManifest;
import scala.concurrent.Future;
import scala.jdk.javaapi.FutureConverters;

/** Snapshots in the control database: a cache of states. Named in {@code copyhold-pekko.conf}. */
public final class SnapshotPlugin extends SnapshotStore {
  /** The one serializer of the house. */
  private static final int OURS = 7_401;

  private static final String LOAD =
      """
      SELECT version, at, name, payload FROM copyhold.snapshot
      WHERE entity = ? AND version BETWEEN ? AND ? AND at BETWEEN ? AND ?
      ORDER BY version DESC LIMIT 1
      """;

  private static final String SAVE =
      """
      INSERT INTO copyhold.snapshot (entity, version, at, name, payload) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (entity, version) DO UPDATE
      SET at = excluded.at, name = excluded.name, payload = excluded.payload
      """;

  /** Of the old ones, the first after each thousandth event stays: the past is not far from it. */
  private static final String DELETE =
      """
      DELETE FROM copyhold.snapshot AS s
      WHERE s.entity = ? AND s.version BETWEEN ? AND ? AND s.at BETWEEN ? AND ?
        AND (s.version < 1000 OR EXISTS (
          SELECT FROM copyhold.snapshot AS earlier
          WHERE earlier.entity = s.entity AND earlier.version < s.version
            AND earlier.version / 1000 = s.version / 1000))
      """;

  private final ControlDatabase database;
  private final Serialization serialization;

  /** Made by Pekko, with its section of the configuration. */
  public SnapshotPlugin(Config config) {
    this.database = JournalSetup.of(context().system()).database();
    this.serialization = SerializationExtension.get(context().system());
  }

  @Override
  public Future<Optional<SelectedSnapshot>> doLoadAsync(
      String persistenceId, SnapshotSelectionCriteria criteria) {
    return asScala(
        database.later(connection -> {
          try (PreparedStatement s = connection.prepareStatement(LOAD)) {
            bind(s, persistenceId, criteria);
            try (ResultSet r = s.executeQuery()) {
              if (!r.next()) {
                return Optional.empty();
              }
              Object state = serialization.deserialize(r.getBytes(4), OURS, r.getString(3)).get();
              return Optional.of(
                  SelectedSnapshot.create(
                      new SnapshotMetadata(persistenceId, r.getLong(1), r.getLong(2)), state));
            }
          }
        }));
  }

  @Override
  public Future<Void> doSaveAsync(SnapshotMetadata metadata, Object snapshot) {
    SerializerWithStringManifest serializer =
        (SerializerWithStringManifest) serialization.findSerializerFor(snapshot);
    return done(connection -> {
      try (PreparedStatement s = connection.prepareStatement(SAVE)) {
        s.setString(1, metadata.persistenceId());
        s.setLong(2, metadata.sequenceNr());
        s.setLong(3, metadata.timestamp());
        s.setString(4, serializer.manifest(snapshot));
        s.setBytes(5, serializer.toBinary(snapshot));
        s.executeUpdate();
      }
    });
  }

  @Override
  public Future<Void> doDeleteAsync(SnapshotMetadata metadata) {
    return doDeleteAsync(
        metadata.persistenceId(),
        new SnapshotSelectionCriteria(
            metadata.sequenceNr(), Long.MAX_VALUE, metadata.sequenceNr(), 0));
  }

  @Override
  public Future<Void> doDeleteAsync(String persistenceId, SnapshotSelectionCriteria criteria) {
    return done(connection -> {
      try (PreparedStatement s = connection.prepareStatement(DELETE)) {
        bind(s, persistenceId, criteria);
        s.executeUpdate();
      }
    });
  }

  private static void bind(
      PreparedStatement s, String persistenceId, SnapshotSelectionCriteria criteria)
      throws SQLException {
    s.setString(1, persistenceId);
    s.setLong(2, criteria.minSequenceNr());
    s.setLong(3, criteria.maxSequenceNr());
    s.setLong(4, criteria.minTimestamp());
    s.setLong(5, criteria.maxTimestamp());
  }

  private interface Change {
    void with(java.sql.Connection connection) throws SQLException;
  }

  private Future<Void> done(Change change) {
    return asScala(
        database
            .later(connection -> {
              change.with(connection);
              return true;
            })
            .thenAccept(_ -> {}));
  }

  private static <T> Future<T> asScala(CompletionStage<T> stage) {
    return FutureConverters.asScala(stage);
  }
}
