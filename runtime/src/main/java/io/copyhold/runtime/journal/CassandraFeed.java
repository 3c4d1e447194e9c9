package io.copyhold.runtime.journal;

import com.datastax.oss.driver.api.core.cql.Row;
import com.typesafe.config.Config;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.Slices;
import io.copyhold.runtime.cassandra.ControlKeyspace;
import io.copyhold.runtime.journal.ListOffset.Place;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The feed over the Cassandra journal. Cassandra has no order of commits, and clocks are not
 * trusted; so the feed goes along the lists in which each owner announced what it stored:
 *
 * <ol>
 *   <li>Read the owners, and how far each one's entries are settled.
 *   <li>Go on in each list from where the follower stands. An entry whose events the journal has is
 *       passed with them. One whose events are missing is passed when it is settled, or when its
 *       owner is over or has been silent for so long that nothing of it is under way; otherwise
 *       this list waits there, and the others go on.
 *   <li>A mark says that what follows comes after an entry of a former owner's list; it is passed
 *       after that entry.
 * </ol>
 *
 * An entry is durable before its events are stored, so an event that can be read is listed. An
 * entity stores one write after the other and its next owner's list has a mark, so its events come
 * in order. Pekko's own query by tag promises neither: it goes by the writers' clocks, writes its
 * index after the event, and repairs that only when the entity recovers.
 */
@PortAdapter
public final class CassandraFeed implements Feed {
  private static final String OWNERS =
      """
      SELECT number, beat, settled, last, over FROM owner WHERE one = 'owner' AND number >= ?
      """;
  private static final String ENTRIES =
      """
      SELECT number, entity, version_from, version_to, after_owner, after_number FROM intent
      WHERE owner = ? AND bucket = ? AND number > ? LIMIT ?
      """;

  /** Events of one entry alone may fill a page; more entries than this are not read ahead. */
  private static final int PAGE_MAX = 500;

  private record Owner(long number, long beat, long settled, long last, boolean over) {}

  private record Beat(long beat, long since) {}

  private final ControlKeyspace keyspace;
  private final CassandraEvents events;
  private final long silenceNanos;
  private final Map<Long, Beat> beats = new ConcurrentHashMap<>();

  /**
   * @param blocking for what blocks
   * @param root a node's whole configuration
   */
  public CassandraFeed(ControlKeyspace keyspace, Codec codec, Executor blocking, Config root) {
    this.keyspace = keyspace;
    this.events = new CassandraEvents(keyspace, codec, blocking);
    this.silenceNanos = LeaseTimes.from(root).silence().toNanos();
  }

  @Override
  public Batch read(Slices slices, String offset, int limit) {
    if (limit < 1 || limit > 10_000) {
      throw new IllegalArgumentException("limit " + limit + ": 1 to 10000");
    }
    return new Walk(slices, ListOffset.parse(offset), limit).go();
  }

  @Override
  public String end() {
    TreeMap<Long, Place> settled = new TreeMap<>();
    for (Owner owner : owners(1)) {
      settled.put(owner.number(), new Place(owner.settled(), 0));
    }
    String offset = new ListOffset(1, settled).toString();
    while (true) {
      Batch batch = read(Slices.ALL, offset, PAGE_MAX);
      offset = batch.offset();
      if (!batch.more()) {
        return offset;
      }
    }
  }

  private List<Owner> owners(long from) {
    List<Owner> owners = new ArrayList<>();
    for (Row row : ControlKeyspace.await(keyspace.rows(OWNERS, from))) {
      Owner owner =
          new Owner(
              row.getLong("number"),
              row.getLong("beat"),
              row.getLong("settled"),
              row.getLong("last"),
              row.getBoolean("over"));
      long now = System.nanoTime();
      beats.merge(
          owner.number(),
          new Beat(owner.beat(), now),
          (before, fresh) -> before.beat() == fresh.beat() ? before : fresh);
      owners.add(owner);
    }
    return owners;
  }

  private boolean silent(Owner owner) {
    Beat beat = beats.get(owner.number());
    return owner.over() || (beat != null && System.nanoTime() - beat.since() > silenceNanos);
  }

  /** One entry and what the journal has of it. */
  private record Entry(
      long number,
      @Nullable String entity,
      long to,
      long afterOwner,
      long afterNumber,
      CompletionStage<List<CassandraEvents.Stored>> events) {}

  /** One read. */
  private final class Walk {
    private final Slices slices;
    private final int limit;
    private final List<Owner> owners;
    private final List<Feed.Entry> found = new ArrayList<>();
    private final Map<Long, Deque<Entry>> ahead = new HashMap<>();
    private ListOffset at;
    private boolean full;

    Walk(Slices slices, ListOffset from, int limit) {
      this.slices = slices;
      this.at = from;
      this.limit = limit;
      this.owners = owners(from.base());
    }

    Batch go() {
      boolean moved = true;
      while (moved && !full) {
        moved = false;
        for (Owner owner : owners) {
          moved |= along(owner);
        }
      }
      for (Owner owner : owners) {
        if (owner.number() != at.base() || full || !done(owner)) {
          break;
        }
        at = at.past(owner.number());
      }
      return new Batch(found, at.toString(), full);
    }

    /** Goes along one list as far as it can; whether it came any further. */
    private boolean along(Owner owner) {
      boolean moved = false;
      while (!full) {
        Deque<Entry> entries = ahead.computeIfAbsent(owner.number(), _ -> new ArrayDeque<>());
        if (entries.isEmpty() && !fill(owner, entries)) {
          return moved;
        }
        if (!pass(owner, entries.getFirst())) {
          return moved;
        }
        moved = true;
        if (!full) {
          entries.removeFirst();
        }
      }
      return moved;
    }

    private boolean fill(Owner owner, Deque<Entry> entries) {
      while (true) {
        long passed = at.of(owner.number()).entry();
        long bucket = CassandraIntents.bucket(passed);
        List<Row> rows = entries(owner, bucket, passed);
        // a number that is not there was given up; the end of a partition may be such a one
        long next = CassandraIntents.bucket(passed + 1);
        if (rows.isEmpty() && next > bucket) {
          rows = entries(owner, next, passed);
        }
        if (!rows.isEmpty()) {
          rows.forEach(row -> entries.add(entry(row)));
          return true;
        }
        if (CassandraIntents.bucket(owner.last()) <= bucket) {
          return false;
        }
        at = at.with(owner.number(), new Place((bucket + 1) * CassandraIntents.BUCKET - 1, 0));
      }
    }

    private List<Row> entries(Owner owner, long bucket, long passed) {
      return ControlKeyspace.await(
          keyspace.rows(ENTRIES, owner.number(), bucket, passed, Math.min(limit, PAGE_MAX)));
    }

    private Entry entry(Row row) {
      long number = row.getLong("number");
      String entity = row.getString("entity");
      if (entity == null || !wanted(entity)) {
        return new Entry(
            number,
            null,
            0,
            row.getLong("after_owner"),
            row.getLong("after_number"),
            CompletableFuture.completedStage(List.of()));
      }
      long from = row.getLong("version_from");
      long to = row.getLong("version_to");
      return new Entry(number, entity, to, 0, 0, events.readAll(entity, from, to));
    }

    private boolean wanted(String entity) {
      int slice = Slices.of(EntityRef.parse(entity));
      return slices.from() <= slice && slice <= slices.to();
    }

    /** Passes one entry, or stays before it. */
    private boolean pass(Owner owner, Entry entry) {
      if (entry.entity() == null) {
        if (entry.afterOwner() != 0 && !at.passed(entry.afterOwner(), entry.afterNumber())) {
          return false;
        }
        at = at.with(owner.number(), new Place(entry.number(), 0));
        return true;
      }
      List<CassandraEvents.Stored> stored = ControlKeyspace.await(entry.events());
      boolean whole = !stored.isEmpty() && stored.getLast().version() >= entry.to();
      if (!whole && entry.number() > owner.settled() && !silent(owner)) {
        return false;
      }
      Place before = at.of(owner.number());
      long version = before.version();
      for (CassandraEvents.Stored event : stored) {
        if (event.version() <= version) {
          continue; // passed already, or a second one of that version
        }
        if (found.size() == limit) {
          full = true;
          return true;
        }
        version = event.version();
        boolean last = event.equals(stored.getLast());
        at =
            at.with(
                owner.number(),
                last ? new Place(entry.number(), 0) : new Place(before.entry(), version));
        found.add(
            new Feed.Entry(
                EntityRef.parse(entry.entity()),
                event.version(),
                event.name(),
                event.event(),
                at.toString()));
      }
      at = at.with(owner.number(), new Place(entry.number(), 0));
      return true;
    }

    /** Nothing will ever be added to this list, and all of it is passed. */
    private boolean done(Owner owner) {
      long passed = at.of(owner.number()).entry();
      return owner.over() && passed >= owner.last() && entriesAfter(owner, passed).isEmpty();
    }

    private List<Row> entriesAfter(Owner owner, long passed) {
      long bucket = CassandraIntents.bucket(passed);
      List<Row> rows = entries(owner, bucket, passed);
      return rows.isEmpty() ? entries(owner, bucket + 1, passed) : rows;
    }
  }
}
