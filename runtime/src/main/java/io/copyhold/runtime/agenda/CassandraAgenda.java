package io.copyhold.runtime.agenda;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.Slices;
import io.copyhold.runtime.cassandra.ControlKeyspace;
import io.copyhold.runtime.cassandra.ServerClock;
import io.copyhold.runtime.flow.GroupCommit;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The agenda in Cassandra. Due is the time of the Cassandra node that answers, to the millisecond.
 *
 * <ol>
 *   <li>A row has an id of its own and is never changed: putting one anew means a fresh row first,
 *       and then the end of those that were there. So a reader never finds none, and no write
 *       depends on which of two servers' clocks is ahead.
 *   <li>Each row has an entry under the minute of its time; whoever looks for what is due reads the
 *       minutes that have passed. The row comes before its entry, the entry's minute with it.
 *   <li>To take a row: put it anew for later, then drop the one that was found by a lightweight
 *       transaction. Who drops it has it; anybody else drops his fresh one again. One who dies in
 *       between leaves a row too many, never one too few.
 *   <li>A minute that has been over for long and is empty is dropped as a whole, so that nobody
 *       reads past its tombstones.
 *   <li>A change that was held up (its process slept) does not drop what others put after it was
 *       asked for.
 * </ol>
 */
@PortAdapter
public final class CassandraAgenda implements Agenda {
  private static final int HASHES_OF_SLICE = Slices.HASHES / Slices.COUNT;

  /** Minutes after which an empty one is dropped: more than Cassandra's clocks may differ by. */
  private static final int KEEP_MINUTES = 10;

  /** A change that took longer may have met a minute that was dropped, and is made again. */
  private static final Duration CHANGE_MAX = Duration.ofMinutes(KEEP_MINUTES / 2);

  /** Clocks may differ by so much without a row being taken for a later one. */
  private static final Duration SKEW = Duration.ofMillis(500);

  /** An empty minute that has passed is looked at again after this. */
  private static final Duration EMPTY_AGAIN = Duration.ofSeconds(5);

  /** Minutes and slices read at once, the oldest first: those of a day's outage. */
  private static final int MINUTES_MAX = 20_000;

  /** Of one minute and slice read at once. */
  private static final int ENTRIES_MAX = 5_000;

  /** Known minutes kept in memory. */
  private static final int KNOWN_MAX = 20_000;

  /** Counting reads all rows; a metric does so no oftener than this. */
  private static final Duration COUNT_AGAIN = Duration.ofMinutes(5);

  /** {@code due} null: remove it. */
  private record Change(EntityRef entity, String name, @Nullable Instant due, long askedNanos) {}

  private record Key(EntityRef entity, String name) {}

  private record Count(long rows, long atNanos) {}

  private final ControlKeyspace keyspace;
  private final Executor blocking;
  private final String node;
  private final AgendaSettings settings;
  private final ServerClock clock;
  private final GroupCommit<List<Change>, Boolean> changes;
  private final Set<AgendaEntry.Minute> known = ConcurrentHashMap.newKeySet();
  private final Map<AgendaEntry.Minute, Long> emptyUntil = new ConcurrentHashMap<>();
  private volatile @Nullable Count counted;

  /**
   * @param blocking where calls may block; virtual threads will do
   * @param node this node, unlike all others and unlike itself before a restart
   */
  public CassandraAgenda(
      ControlKeyspace keyspace, Executor blocking, String node, AgendaSettings settings) {
    this.keyspace = keyspace;
    this.blocking = blocking;
    this.node = node;
    this.settings = settings;
    this.clock = new ServerClock(keyspace);
    this.changes =
        new GroupCommit<>(
            "agenda",
            blocking,
            new GroupCommit.Limits(
                1, settings.batchMax(), settings.batchMax(), settings.queueMax()),
            this::write);
  }

  @Override
  public CompletionStage<Void> put(List<Agenda.Row> rows) {
    long now = System.nanoTime();
    return add(
        rows.stream().map(row -> new Change(row.entity(), row.name(), row.due(), now)).toList());
  }

  @Override
  public CompletionStage<Void> remove(EntityRef entity, List<String> names) {
    long now = System.nanoTime();
    return add(names.stream().map(name -> new Change(entity, name, null, now)).toList());
  }

  private CompletionStage<Void> add(List<Change> together) {
    return together.isEmpty()
        ? CompletableFuture.completedStage(null)
        : changes.add(together, together.size()).thenAccept(_ -> {});
  }

  private List<Boolean> write(List<List<Change>> group) {
    Map<Key, Change> last = new LinkedHashMap<>();
    for (List<Change> together : group) {
      for (Change change : together) {
        last.put(new Key(change.entity(), change.name()), change);
      }
    }
    Duration took;
    do {
      long began = System.nanoTime();
      Instant now = clock.now();
      all(last.values().stream().map(change -> change(change, now)).toList());
      took = Duration.ofNanos(System.nanoTime() - began);
    } while (took.compareTo(CHANGE_MAX) > 0);
    return Collections.nCopies(group.size(), true);
  }

  private CompletionStage<Boolean> change(Change change, Instant now) {
    Instant asked = now.minusNanos(System.nanoTime() - change.askedNanos());
    Instant due = change.due();
    return rows(change.entity(), change.name(), asked)
        .thenCompose(former -> {
          if (due == null) {
            return drop(former);
          }
          Instant next = due.isBefore(now) ? now : due;
          AgendaEntry fresh =
              new AgendaEntry(
                  change.entity(), change.name(), UUID.randomUUID(), due, next, node, 0);
          return insert(fresh).thenCompose(_ -> drop(former));
        });
  }

  /** The rows of that name which this life put, or which were there before it was asked. */
  private CompletionStage<List<AgendaEntry>> rows(EntityRef entity, String name, Instant asked) {
    long latest = asked.plus(SKEW).toEpochMilli() * 1_000;
    return keyspace
        .rows(
            "SELECT entity, name, id, due, next, node, missed, writetime(due) AS written"
                + " FROM agenda_row WHERE entity = ? AND name = ?",
            entity.toString(),
            name)
        .thenApply(found ->
            found.stream()
                .filter(
                    row -> node.equals(row.getString("node")) || row.getLong("written") <= latest)
                .map(AgendaEntry::of)
                .toList());
  }

  private CompletionStage<Boolean> insert(AgendaEntry e) {
    AgendaEntry.Minute minute = e.minute();
    return keyspace
        .later(
            "INSERT INTO agenda_row (entity, name, id, due, next, node, missed)"
                + " VALUES (?, ?, ?, ?, ?, ?, ?)",
            e.entity().toString(),
            e.name(),
            e.id(),
            e.due(),
            e.next(),
            e.node(),
            e.missed())
        .thenCompose(_ -> {
          CompletionStage<Boolean> listed =
              known.contains(minute)
                  ? CompletableFuture.completedStage(true)
                  : keyspace
                      .later(
                          "INSERT INTO agenda_minute (kind, minute, slice) VALUES (?, ?, ?)",
                          minute.kind(),
                          minute.number(),
                          minute.slice())
                      .thenApply(_ -> know(minute));
          return keyspace
              .later(
                  "INSERT INTO agenda_due"
                      + " (kind, minute, slice, next, id, entity, name, due, node, missed)"
                      + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                  minute.kind(),
                  minute.number(),
                  minute.slice(),
                  e.next(),
                  e.id(),
                  e.entity().toString(),
                  e.name(),
                  e.due(),
                  e.node(),
                  e.missed())
              .thenCombine(listed, (_, _) -> true);
        });
  }

  private boolean know(AgendaEntry.Minute minute) {
    if (known.size() > KNOWN_MAX) {
      known.clear();
    }
    emptyUntil.remove(minute);
    return known.add(minute);
  }

  private CompletionStage<Boolean> drop(Collection<AgendaEntry> entries) {
    List<CompletableFuture<?>> all = new ArrayList<>();
    for (AgendaEntry e : entries) {
      all.add(
          keyspace
              .later(
                  "DELETE FROM agenda_row WHERE entity = ? AND name = ? AND id = ?",
                  e.entity().toString(),
                  e.name(),
                  e.id())
              .toCompletableFuture());
      all.add(dropEntry(e).toCompletableFuture());
    }
    return CompletableFuture.allOf(all.toArray(CompletableFuture<?>[]::new)).thenApply(_ -> true);
  }

  private CompletionStage<Boolean> dropEntry(AgendaEntry e) {
    AgendaEntry.Minute minute = e.minute();
    return keyspace
        .later(
            "DELETE FROM agenda_due"
                + " WHERE kind = ? AND minute = ? AND slice = ? AND next = ? AND id = ?",
            minute.kind(),
            minute.number(),
            minute.slice(),
            e.next(),
            e.id())
        .thenApply(_ -> true);
  }

  @Override
  public CompletionStage<Void> removeDue(EntityRef entity, String name) {
    return later(
            () -> {
              Instant now = clock.now();
              List<AgendaEntry> due =
                  ControlKeyspace.await(rows(entity, name, now)).stream()
                      .filter(row -> !row.due().isAfter(now))
                      .toList();
              ControlKeyspace.await(drop(due));
              return true;
            })
        .thenAccept(_ -> {});
  }

  @Override
  public CompletionStage<List<Due>> take(int range, int ranges, int limit, Duration visibility) {
    int from = (int) ((long) Slices.HASHES * range / ranges);
    int to = (int) ((long) Slices.HASHES * (range + 1) / ranges);
    return later(() -> {
      Instant now = clock.now();
      List<Due> taken = new ArrayList<>();
      for (AgendaEntry.Minute minute : passed(now, slice(from), slice(to - 1))) {
        taken.addAll(take(minute, from, to, limit - taken.size(), now, now.plus(visibility)));
        if (taken.size() >= limit) {
          break;
        }
      }
      return taken;
    });
  }

  private static int slice(int hash) {
    return hash / HASHES_OF_SLICE;
  }

  /** The minutes up to now that have entries, the oldest first. */
  private List<AgendaEntry.Minute> passed(Instant now, int fromSlice, int toSlice) {
    long nanos = System.nanoTime();
    List<AgendaEntry.Minute> all = new ArrayList<>(minutes(OPERATIONS, AgendaEntry.minuteOf(now)));
    all.addAll(minutes(AgendaEntry.ALARM, AgendaEntry.minuteOf(now)));
    return all.stream()
        .filter(minute -> minute.slice() >= fromSlice && minute.slice() <= toSlice)
        .filter(minute -> {
          Long until = emptyUntil.get(minute);
          return until == null || until - nanos < 0;
        })
        .sorted(Comparator.comparing(AgendaEntry.Minute::number))
        .toList();
  }

  private List<AgendaEntry.Minute> minutes(String kind, long upTo) {
    return ControlKeyspace.await(
            keyspace.rows(
                "SELECT minute, slice FROM agenda_minute WHERE kind = ? AND minute <= ? LIMIT ?",
                kind,
                upTo,
                MINUTES_MAX))
        .stream()
        .map(row -> new AgendaEntry.Minute(kind, row.getLong("minute"), row.getInt("slice")))
        .toList();
  }

  private List<Due> take(
      AgendaEntry.Minute minute, int from, int to, int limit, Instant now, Instant hiddenUntil) {
    boolean whole = from % HASHES_OF_SLICE == 0 && to % HASHES_OF_SLICE == 0;
    List<AgendaEntry> found = entries(minute, now, whole ? limit : ENTRIES_MAX);
    if (found.isEmpty()) {
      empty(minute, now);
      return List.of();
    }
    List<Due> taken = new ArrayList<>();
    List<AgendaEntry> mine =
        found.stream()
            .filter(entry -> {
              int hash = Slices.hash(entry.entity());
              return hash >= from && hash < to;
            })
            .toList();
    for (int at = 0; at < mine.size() && taken.size() < limit; ) {
      int end = Math.min(mine.size(), at + limit - taken.size());
      List<AgendaEntry> some = mine.subList(at, end);
      List<Boolean> won =
          all(
              some.stream()
                  .map(e -> replace(e, e.later(UUID.randomUUID(), hiddenUntil, e.missed() + 1)))
                  .toList());
      for (int i = 0; i < some.size(); i++) {
        if (won.get(i)) {
          AgendaEntry e = some.get(i);
          taken.add(new Due(e.entity(), e.name(), e.due(), e.missed()));
        }
      }
      at = end;
    }
    return taken;
  }

  private List<AgendaEntry> entries(AgendaEntry.Minute minute, Instant upTo, int limit) {
    return ControlKeyspace.await(
            keyspace.rows(
                "SELECT next, id, entity, name, due, node, missed FROM agenda_due"
                    + " WHERE kind = ? AND minute = ? AND slice = ? AND next <= ? LIMIT ?",
                minute.kind(),
                minute.number(),
                minute.slice(),
                upTo,
                limit))
        .stream()
        .map(AgendaEntry::of)
        .toList();
  }

  /** Nothing of it is due: the minute is read less often, and goes when it has long passed. */
  private void empty(AgendaEntry.Minute minute, Instant now) {
    long current = AgendaEntry.minuteOf(now);
    if (minute.number() >= current) {
      return;
    }
    if (minute.number() >= current - KEEP_MINUTES) {
      if (emptyUntil.size() > KNOWN_MAX) {
        emptyUntil.clear();
      }
      emptyUntil.put(minute, System.nanoTime() + EMPTY_AGAIN.toNanos());
      return;
    }
    emptyUntil.remove(minute);
    ControlKeyspace.await(
        keyspace
            .later(
                "DELETE FROM agenda_due WHERE kind = ? AND minute = ? AND slice = ?",
                minute.kind(),
                minute.number(),
                minute.slice())
            .thenCompose(_ ->
                keyspace.later(
                    "DELETE FROM agenda_minute WHERE kind = ? AND minute = ? AND slice = ?",
                    minute.kind(),
                    minute.number(),
                    minute.slice())));
  }

  /** Completes with whether it was there, and nobody else did the same before. */
  private CompletionStage<Boolean> replace(AgendaEntry found, AgendaEntry fresh) {
    return insert(fresh)
        .thenCompose(_ ->
            keyspace.conditionally(
                "DELETE FROM agenda_row WHERE entity = ? AND name = ? AND id = ? IF EXISTS",
                found.entity().toString(),
                found.name(),
                found.id()))
        .thenCompose(won ->
            dropEntry(found)
                .thenCompose(
                    _ -> won ? CompletableFuture.completedStage(true) : drop(List.of(fresh)))
                .thenApply(_ -> won));
  }

  @Override
  public CompletionStage<Optional<Standing>> find(EntityRef entity, String name) {
    return later(() -> {
      Instant now = clock.now();
      return ControlKeyspace.await(
              keyspace.rows(
                  "SELECT due FROM agenda_row WHERE entity = ? AND name = ?",
                  entity.toString(),
                  name))
          .stream()
          .map(row -> AgendaEntry.time(row, "due"))
          .min(Comparator.naturalOrder())
          .map(due -> new Standing(due, now));
    });
  }

  @Override
  public CompletionStage<Integer> wakeAllOf(String lost) {
    return later(() -> {
      Instant now = clock.now();
      Instant soon = now.plus(settings.lostNodeHorizon());
      Instant later = now.plus(settings.visibility());
      int woken = 0;
      for (AgendaEntry e : operations()) {
        if (e.node().equals(lost) && e.due().isAfter(now) && e.next().isAfter(now)) {
          Instant next = e.due().isAfter(soon) ? later : now;
          woken +=
              ControlKeyspace.await(replace(e, e.later(UUID.randomUUID(), next, e.missed())))
                  ? 1
                  : 0;
        }
      }
      return woken;
    });
  }

  /** The nodes with operations under way: nobody asks for those with alarms alone. */
  @Override
  public CompletionStage<Set<String>> nodes() {
    return later(() -> {
      Set<String> nodes = new HashSet<>();
      operations().forEach(entry -> nodes.add(entry.node()));
      return nodes;
    });
  }

  private List<AgendaEntry> operations() {
    List<AgendaEntry> all = new ArrayList<>();
    for (AgendaEntry.Minute minute : minutes(OPERATIONS, Long.MAX_VALUE)) {
      all.addAll(entries(minute, Instant.ofEpochMilli(Long.MAX_VALUE), ENTRIES_MAX));
    }
    return all;
  }

  @Override
  public CompletionStage<Long> size() {
    return later(() -> {
      long count = 0;
      Key last = null;
      var page = ControlKeyspace.await(keyspace.later("SELECT entity, name FROM agenda_row"));
      while (true) {
        for (var row : page.currentPage()) {
          Key key =
              new Key(
                  EntityRef.parse(AgendaEntry.text(row, "entity")), AgendaEntry.text(row, "name"));
          count += key.equals(last) ? 0 : 1;
          last = key;
        }
        if (!page.hasMorePages()) {
          counted = new Count(count, System.nanoTime());
          return count;
        }
        page = ControlKeyspace.await(page.fetchNextPage());
      }
    });
  }

  @Override
  public CompletionStage<Long> sizeLately() {
    Count last = counted;
    return last != null && System.nanoTime() - last.atNanos() < COUNT_AGAIN.toNanos()
        ? CompletableFuture.completedStage(last.rows())
        : size();
  }

  @Override
  public CompletionStage<Long> lagMs() {
    return later(() -> {
      Instant now = clock.now();
      return passed(now, 0, Slices.COUNT - 1).stream()
          .flatMap(minute -> entries(minute, now, 1).stream())
          .findFirst()
          .map(entry -> Duration.between(entry.next(), now).toMillis())
          .orElse(0L);
    });
  }

  private <T> CompletionStage<T> later(Supplier<T> call) {
    return CompletableFuture.supplyAsync(call, blocking);
  }

  /** Waits for all, and then for the first that failed. */
  private static <T> List<T> all(List<? extends CompletionStage<? extends T>> stages) {
    List<CompletableFuture<? extends T>> futures = new ArrayList<>();
    stages.forEach(stage -> futures.add(stage.toCompletableFuture()));
    ControlKeyspace.await(CompletableFuture.allOf(futures.toArray(CompletableFuture<?>[]::new)));
    List<T> results = new ArrayList<>();
    futures.forEach(future -> results.add(future.join()));
    return results;
  }
}
