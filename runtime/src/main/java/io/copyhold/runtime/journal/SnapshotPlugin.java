package io.copyhold.runtime.journal;

import com.typesafe.config.Config;
import io.copyhold.runtime.flow.GroupCommit;
import io.copyhold.runtime.postgres.ControlDatabase;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
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

  /** One load for each element of the arrays, and the newest event, which is asked for next. */
  private static final String LOAD =
      """
      SELECT wanted.n, s.version, s.at, s.name, s.payload,
        (SELECT e.version FROM copyhold.event AS e
         WHERE e.entity = wanted.entity ORDER BY e.version DESC LIMIT 1)
      FROM unnest(?::text[], ?::int8[], ?::int8[], ?::int8[], ?::int8[]) WITH ORDINALITY
        AS wanted (entity, version_min, version_max, at_min, at_max, n)
      LEFT JOIN LATERAL (
        SELECT version, at, name, payload FROM copyhold.snapshot AS s
        WHERE s.entity = wanted.entity
          AND s.version BETWEEN wanted.version_min AND wanted.version_max
          AND s.at BETWEEN wanted.at_min AND wanted.at_max
        ORDER BY version DESC LIMIT 1) AS s ON true
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

  private record Load(String entity, SnapshotSelectionCriteria criteria) {}

  @SuppressWarnings("ArrayRecordComponent") // on its way to the serializer, never compared
  private record Row(long version, long at, String name, byte[] payload) {}

  private final ControlDatabase database;
  private final Recovering recovering;
  private final GroupCommit<Load, Optional<Row>> loads;
  private final Serialization serialization;

  /** Made by Pekko, with its section of the configuration. */
  public SnapshotPlugin(Config config) {
    PostgresJournal journal = JournalSetup.of(context().system());
    this.database = journal.database();
    this.recovering = journal.recovering();
    this.loads =
        new GroupCommit<>("snapshots", database.blocking(), JournalSettings.READS, this::load);
    this.serialization = SerializationExtension.get(context().system());
  }

  @Override
  public Future<Optional<SelectedSnapshot>> doLoadAsync(
      String persistenceId, SnapshotSelectionCriteria criteria) {
    if (recovering.born(persistenceId)) {
      return asScala(CompletableFuture.completedStage(Optional.empty()));
    }
    return asScala(
        loads
            .add(new Load(persistenceId, criteria), 1)
            .thenApply(found ->
                found.map(row ->
                    SelectedSnapshot.create(
                        new SnapshotMetadata(persistenceId, row.version(), row.at()),
                        serialization.deserialize(row.payload(), OURS, row.name()).get()))));
  }

  private List<Optional<Row>> load(List<Load> group) {
    List<Optional<Row>> found =
        new ArrayList<>(Collections.nCopies(group.size(), Optional.<Row>empty()));
    return database.now(connection -> {
      try (PreparedStatement s = connection.prepareStatement(LOAD)) {
        s.setArray(1, array(connection, "text", group, Load::entity));
        s.setArray(2, array(connection, "int8", group, load -> load.criteria().minSequenceNr()));
        s.setArray(3, array(connection, "int8", group, load -> load.criteria().maxSequenceNr()));
        s.setArray(4, array(connection, "int8", group, load -> load.criteria().minTimestamp()));
        s.setArray(5, array(connection, "int8", group, load -> load.criteria().maxTimestamp()));
        try (ResultSet r = s.executeQuery()) {
          while (r.next()) {
            int place = r.getInt(1) - 1;
            if (r.getString(4) != null) {
              Row row = new Row(r.getLong(2), r.getLong(3), r.getString(4), r.getBytes(5));
              found.set(place, Optional.of(row));
            }
            recovering.newest(group.get(place).entity(), r.getLong(6)); // 0 for null
          }
        }
        return found;
      }
    });
  }

  private static Array array(
      Connection connection, String type, List<Load> group, Function<Load, Object> value)
      throws SQLException {
    return connection.createArrayOf(type, group.stream().map(value).toArray());
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
    void with(Connection connection) throws SQLException;
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
