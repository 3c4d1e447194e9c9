package io.copyhold.runtime.journal;

import com.datastax.oss.driver.api.core.cql.Row;
import com.datastax.oss.protocol.internal.util.Bytes;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.cassandra.ControlKeyspace;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.pekko.NotUsed;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.persistence.query.EventEnvelope;
import org.apache.pekko.persistence.query.Offset;
import org.apache.pekko.stream.javadsl.Source;

/** The events of one entity as Pekko's plugin stored them, read in pages. */
public final class CassandraEvents implements Events {
  /** Of one partition; the plugin's {@code target-partition-size}, which never changes. */
  static final long PARTITION = 500_000;

  private static final int PAGE = 500;

  private static final String EVENTS =
      """
      SELECT sequence_nr, ser_manifest, event FROM messages
      WHERE persistence_id = ? AND partition_nr = ? AND sequence_nr >= ? AND sequence_nr <= ?
      LIMIT ?
      """;

  private static final String HIGHEST =
      """
      SELECT sequence_nr FROM messages WHERE persistence_id = ? AND partition_nr = ?
      ORDER BY sequence_nr DESC LIMIT 1
      """;

  private static final String NEWEST_TWO =
      """
      SELECT sequence_nr FROM messages WHERE persistence_id = ? AND partition_nr = ?
      ORDER BY sequence_nr DESC LIMIT 2
      """;

  /** Events of one write, which go into the partition of the last of them. */
  private static final long WRITE_MAX = 1000;

  /** One event as it was stored. */
  record Stored(long version, String name, Journaled event) {}

  private final ControlKeyspace keyspace;
  private final Codec codec;
  private final Executor blocking;

  CassandraEvents(ControlKeyspace keyspace, Codec codec, Executor blocking) {
    this.keyspace = keyspace;
    this.codec = codec;
    this.blocking = blocking;
  }

  @Override
  public long highest(EntityRef entity) {
    String id = entity.persistenceId();
    long highest = 0;
    // a write at the end of a partition goes into the next one as a whole: one may be empty
    for (long partition = 0, empty = 0; empty < 2; partition++) {
      List<Row> rows = ControlKeyspace.await(keyspace.rows(HIGHEST, id, partition));
      empty = rows.isEmpty() ? empty + 1 : 0;
      highest = rows.isEmpty() ? highest : rows.getFirst().getLong(0);
    }
    return highest;
  }

  /**
   * Events from {@code from} to {@code to} in their order, from one partition; at most so many.
   *
   * @param id key of the entity's events
   */
  CompletionStage<List<Stored>> read(String id, long partition, long from, long to, int limit) {
    return keyspace
        .rows(EVENTS, id, partition, from, to, limit)
        .thenApply(rows -> {
          List<Stored> events = new ArrayList<>();
          for (Row row : rows) {
            String name = Objects.requireNonNull(row.getString(1));
            byte[] payload = Bytes.getArray(Objects.requireNonNull(row.getByteBuffer(2)));
            events.add(new Stored(row.getLong(0), name, codec.decodeEvent(name, payload)));
          }
          return events;
        });
  }

  /** All of them; for a range that was stored by a write or two. */
  CompletionStage<List<Stored>> readAll(String id, long from, long to) {
    CompletionStage<List<Stored>> events = read(id, partition(from), from, to, Integer.MAX_VALUE);
    for (long partition = partition(from) + 1; partition <= partition(to); partition++) {
      events =
          events.thenCombine(
              read(id, partition, from, to, Integer.MAX_VALUE), CassandraEvents::joined);
    }
    return events;
  }

  /**
   * Whether two writers stored the newest version, one of them as an owner that was none any more.
   * Pekko's plugin fails a replay that meets two events of one version, but it stops at the first
   * of the newest.
   *
   * @param from a version that the entity had
   */
  CompletionStage<Boolean> forked(String id, long from) {
    return forked(id, partition(Math.max(1, from)), false);
  }

  private CompletionStage<Boolean> forked(String id, long partition, boolean before) {
    return keyspace
        .rows(NEWEST_TWO, id, partition)
        .thenCompose(rows -> {
          if (rows.isEmpty()) {
            return CompletableFuture.completedStage(before);
          }
          long newest = rows.getFirst().getLong(0);
          boolean twice = rows.size() == 2 && rows.getLast().getLong(0) == newest;
          return newest > (partition + 1) * PARTITION - WRITE_MAX
              ? forked(id, partition + 1, twice)
              : CompletableFuture.completedStage(twice);
        });
  }

  private static List<Stored> joined(List<Stored> first, List<Stored> second) {
    List<Stored> all = new ArrayList<>(first);
    all.addAll(second);
    return all;
  }

  private static long partition(long version) {
    return (version - 1) / PARTITION;
  }

  private record Place(long version, long partition) {}

  @Override
  public Source<EventEnvelope, NotUsed> currentEventsByPersistenceId(
      String persistenceId, long from, long to) {
    return Source.unfoldAsync(
            new Place(from, partition(from)),
            at ->
                at.version() > to
                    ? CompletableFuture.completedFuture(Optional.<Pair<Place, List<Stored>>>empty())
                    : CompletableFuture.supplyAsync(() -> page(persistenceId, at, to), blocking))
        .mapConcat(page -> page)
        .map(stored ->
            EventEnvelope.apply(
                Offset.sequence(stored.version()),
                persistenceId,
                stored.version(),
                stored.event(),
                stored.event().at().toEpochMilli()));
  }

  private Optional<Pair<Place, List<Stored>>> page(String id, Place at, long to) {
    for (long partition = at.partition(); partition <= at.partition() + 1; partition++) {
      List<Stored> page = ControlKeyspace.await(read(id, partition, at.version(), to, PAGE));
      long twice = twice(page);
      if (twice > 0) {
        throw new ProblemException(forked(id).at("event " + twice));
      }
      if (!page.isEmpty()) {
        return Optional.of(Pair.create(new Place(page.getLast().version() + 1, partition), page));
      }
    }
    return Optional.empty();
  }

  private static long twice(List<Stored> page) {
    for (int i = 1; i < page.size(); i++) {
      if (page.get(i).version() == page.get(i - 1).version()) {
        return page.get(i).version();
      }
    }
    return 0;
  }

  static Problem forked(String id) {
    return Problem.of(
            Problem.Kind.FAULT,
            "two-writers",
            "an owner that was none any more stored an event of " + EntityRef.parse(id) + " late")
        .todo("look at both in the table messages and delete the one that nobody acknowledged");
  }
}
