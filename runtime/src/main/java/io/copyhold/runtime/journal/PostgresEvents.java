package io.copyhold.runtime.journal;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.postgres.ControlDatabase;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.NotUsed;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.persistence.query.EventEnvelope;
import org.apache.pekko.persistence.query.Offset;
import org.apache.pekko.stream.javadsl.Source;

/** The events of one entity, read in pages: no connection is held between two. */
public final class PostgresEvents implements Events {
  private static final int PAGE = 500;

  private static final String EVENTS =
      """
      SELECT version, name, payload FROM copyhold.event
      WHERE entity = ? AND version >= ? AND version <= ? ORDER BY version LIMIT ?
      """;

  private static final String HIGHEST =
      "SELECT version FROM copyhold.event WHERE entity = ? ORDER BY version DESC LIMIT 1";

  private static final String HIGHEST_OF_MANY =
      """
      SELECT (SELECT e.version FROM copyhold.event AS e
              WHERE e.entity = wanted.entity ORDER BY e.version DESC LIMIT 1)
      FROM unnest(?::text[]) WITH ORDINALITY AS wanted (entity, n) ORDER BY wanted.n
      """;

  /** One event as it was stored. */
  record Stored(long version, String name, Journaled event) {}

  private final ControlDatabase database;
  private final Codec codec;

  PostgresEvents(ControlDatabase database, Codec codec) {
    this.database = database;
    this.codec = codec;
  }

  /**
   * At most {@code limit} events of those from {@code from} to {@code to}, in order. Blocks.
   *
   * @param persistenceId the key of the entity's events
   */
  List<Stored> read(String persistenceId, long from, long to, long limit) {
    return database.now(connection -> {
      try (PreparedStatement s = connection.prepareStatement(EVENTS)) {
        s.setString(1, persistenceId);
        s.setLong(2, from);
        s.setLong(3, to);
        s.setLong(4, Math.min(limit, PAGE));
        List<Stored> page = new ArrayList<>();
        try (ResultSet r = s.executeQuery()) {
          while (r.next()) {
            String name = r.getString(2);
            page.add(new Stored(r.getLong(1), name, codec.decodeEvent(name, r.getBytes(3))));
          }
        }
        return page;
      }
    });
  }

  /** True when a page of so many is not the last one. */
  static boolean more(List<Stored> page, long limit) {
    return page.size() == Math.min(limit, PAGE) && page.size() < limit;
  }

  /** The version of the newest event; 0 where there is none. Blocks. */
  long highest(String persistenceId) {
    return database.now(connection -> {
      try (PreparedStatement s = connection.prepareStatement(HIGHEST)) {
        s.setString(1, persistenceId);
        try (ResultSet r = s.executeQuery()) {
          return r.next() ? r.getLong(1) : 0L;
        }
      }
    });
  }

  /** The same of many entities, in their order. Blocks. */
  List<Long> highest(List<String> persistenceIds) {
    return database.now(connection -> {
      try (PreparedStatement s = connection.prepareStatement(HIGHEST_OF_MANY)) {
        s.setArray(1, connection.createArrayOf("text", persistenceIds.toArray()));
        List<Long> versions = new ArrayList<>();
        try (ResultSet r = s.executeQuery()) {
          while (r.next()) {
            versions.add(r.getLong(1)); // 0 for null
          }
        }
        return versions;
      }
    });
  }

  @Override
  public long highest(EntityRef entity) {
    return highest(entity.persistenceId());
  }

  @Override
  public Source<EventEnvelope, NotUsed> currentEventsByPersistenceId(
      String persistenceId, long from, long to) {
    return Source.unfoldAsync(
            from,
            next ->
                next > to
                    ? CompletableFuture.completedFuture(Optional.<Pair<Long, List<Stored>>>empty())
                    : CompletableFuture.supplyAsync(
                        () -> page(persistenceId, next, to), database.blocking()))
        .mapConcat(page -> page)
        .map(stored ->
            EventEnvelope.apply(
                Offset.sequence(stored.version()),
                persistenceId,
                stored.version(),
                stored.event(),
                stored.event().at().toEpochMilli()));
  }

  private Optional<Pair<Long, List<Stored>>> page(String persistenceId, long from, long to) {
    List<Stored> page = read(persistenceId, from, to, Long.MAX_VALUE);
    if (page.isEmpty()) {
      return Optional.empty();
    }
    long next = more(page, Long.MAX_VALUE) ? page.getLast().version() + 1 : Long.MAX_VALUE;
    return Optional.of(Pair.create(next, page));
  }
}
