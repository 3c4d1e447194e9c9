package io.copyhold.runtime.journal;

import com.datastax.oss.driver.api.core.cql.Row;
import com.datastax.oss.protocol.internal.util.Bytes;
import io.copyhold.runtime.cassandra.ControlKeyspace;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
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

/**
 * Snapshots in the control keyspace: a cache of states. Ours and not Pekko's, because of the old
 * ones the first after each thousandth event stays. Named in {@code copyhold-cassandra.conf}.
 */
public final class CassandraSnapshots extends SnapshotStore {
  /** The one serializer of the house. */
  private static final int OURS = 7_401;

  private static final long KEPT_EVERY = 1000;

  private static final String NEWEST =
      """
      SELECT version, at, name, payload FROM snapshot
      WHERE entity = ? AND version >= ? AND version <= ? LIMIT 1
      """;
  private static final String VERSIONS = "SELECT version, at FROM snapshot WHERE entity = ?";
  private static final String SAVE =
      "INSERT INTO snapshot (entity, version, at, name, payload) VALUES (?, ?, ?, ?, ?)";
  private static final String DELETE = "DELETE FROM snapshot WHERE entity = ? AND version = ?";

  private final ControlKeyspace keyspace;
  private final Serialization serialization;

  /** Made by Pekko. */
  public CassandraSnapshots() {
    this.keyspace = JournalSetup.cassandra(context().system()).keyspace();
    this.serialization = SerializationExtension.get(context().system());
  }

  @Override
  public Future<Optional<SelectedSnapshot>> doLoadAsync(
      String persistenceId, SnapshotSelectionCriteria criteria) {
    return FutureConverters.asScala(load(persistenceId, criteria, criteria.maxSequenceNr()));
  }

  private CompletionStage<Optional<SelectedSnapshot>> load(
      String entity, SnapshotSelectionCriteria criteria, long to) {
    return keyspace
        .rows(NEWEST, entity, criteria.minSequenceNr(), to)
        .thenCompose(rows -> {
          if (rows.isEmpty()) {
            return CompletableFuture.completedStage(Optional.empty());
          }
          Row row = rows.getFirst();
          if (!within(row, criteria)) {
            return load(entity, criteria, row.getLong("version") - 1);
          }
          byte[] payload = Bytes.getArray(Objects.requireNonNull(row.getByteBuffer("payload")));
          return CompletableFuture.completedStage(
              Optional.of(
                  SelectedSnapshot.create(
                      new SnapshotMetadata(entity, row.getLong("version"), row.getLong("at")),
                      serialization
                          .deserialize(payload, OURS, Objects.requireNonNull(row.getString("name")))
                          .get())));
        });
  }

  private static boolean within(Row row, SnapshotSelectionCriteria criteria) {
    long version = row.getLong("version");
    long at = row.getLong("at");
    return version >= criteria.minSequenceNr()
        && version <= criteria.maxSequenceNr()
        && at >= criteria.minTimestamp()
        && at <= criteria.maxTimestamp();
  }

  @Override
  public Future<Void> doSaveAsync(SnapshotMetadata metadata, Object snapshot) {
    SerializerWithStringManifest serializer =
        (SerializerWithStringManifest) serialization.findSerializerFor(snapshot);
    return done(
        keyspace.later(
            SAVE,
            metadata.persistenceId(),
            metadata.sequenceNr(),
            metadata.timestamp(),
            serializer.manifest(snapshot),
            ByteBuffer.wrap(serializer.toBinary(snapshot))));
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
    return done(
        keyspace
            .rows(VERSIONS, persistenceId)
            .thenCompose(rows -> delete(persistenceId, superfluous(rows, criteria))));
  }

  private static List<Long> superfluous(List<Row> newestFirst, SnapshotSelectionCriteria criteria) {
    List<Long> superfluous = new ArrayList<>();
    for (int i = 0; i < newestFirst.size(); i++) {
      long version = newestFirst.get(i).getLong("version");
      long earlier = i + 1 < newestFirst.size() ? newestFirst.get(i + 1).getLong("version") : 0;
      boolean kept = version >= KEPT_EVERY && earlier / KEPT_EVERY < version / KEPT_EVERY;
      if (!kept && within(newestFirst.get(i), criteria)) {
        superfluous.add(version);
      }
    }
    return superfluous;
  }

  private CompletionStage<Void> delete(String entity, List<Long> versions) {
    return CompletableFuture.allOf(
        versions.stream()
            .map(version -> keyspace.later(DELETE, entity, version).toCompletableFuture())
            .toArray(CompletableFuture[]::new));
  }

  private static Future<Void> done(CompletionStage<?> stage) {
    return FutureConverters.asScala(stage.<Void>thenApply(_ -> null));
  }
}
