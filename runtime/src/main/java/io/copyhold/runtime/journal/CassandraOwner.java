package io.copyhold.runtime.journal;

import com.datastax.oss.driver.api.core.cql.Row;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.cassandra.ControlKeyspace;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This node among those that write to the Cassandra journal. Cassandra cannot refuse an event of a
 * former owner, so an owner refuses itself:
 *
 * <ol>
 *   <li>A node shows its life with a lightweight transaction, and after each one reads which of its
 *       shards others have claimed. Only then is its lease <em>confirmed</em>, as of the moment at
 *       which this began.
 *   <li>It stores an event only when the lease was confirmed less than {@code valid-for} ago, by a
 *       clock of its own that never goes back.
 *   <li>Whoever claims a shard of a living owner writes that down where the owner reads it, and
 *       waits: for the owner's word, or for {@code valid-for} and the time in which a write that
 *       was sent may still arrive. Of a silent owner the silence counts.
 * </ol>
 *
 * No two clocks are ever compared. What remains: a process that is paused between its last look at
 * its lease and the sending of a write may store that one event late; the replay of that entity
 * then fails instead of losing an acknowledged event.
 */
@PortAdapter
final class CassandraOwner {
  private static final Logger log = LoggerFactory.getLogger(CassandraOwner.class);

  private static final Duration POLL = Duration.ofMillis(100);

  private static final String NEWEST =
      "SELECT number FROM owner WHERE one = 'owner' ORDER BY number DESC LIMIT 1";
  private static final String ENTER =
      """
      INSERT INTO owner (one, number, node, beat, settled, last, over)
      VALUES ('owner', ?, ?, 0, 0, 0, false) IF NOT EXISTS
      """;
  private static final String BEAT =
      """
      UPDATE owner SET beat = ?, settled = ?, last = ?
      WHERE one = 'owner' AND number = ? IF over = false
      """;
  private static final String LEAVE =
      """
      UPDATE owner SET beat = ?, settled = ?, last = ?, over = true
      WHERE one = 'owner' AND number = ? IF over = false
      """;
  private static final String CLOSE =
      """
      UPDATE owner SET over = true WHERE one = 'owner' AND number = ? IF over = false AND beat = ?
      """;
  private static final String OWNERS =
      "SELECT number, beat, over FROM owner WHERE one = 'owner' AND number >= ?";
  private static final String OTHER =
      "SELECT number, beat, over FROM owner WHERE one = 'owner' AND number = ?";
  private static final String TAKEN =
      "SELECT type, shard, term, gone FROM shard_taken WHERE owner = ?";
  private static final String TAKE =
      "INSERT INTO shard_taken (owner, type, shard, term, gone) VALUES (?, ?, ?, ?, false)";
  private static final String GONE =
      "UPDATE shard_taken SET gone = true WHERE owner = ? AND type = ? AND shard = ? IF term = ?";
  private static final String IS_GONE =
      "SELECT term, gone FROM shard_taken WHERE owner = ? AND type = ? AND shard = ?";

  /** What is told to the journal of what others took. */
  interface Taken {
    /** Whether nothing of this shard is under way any more; it was given up. */
    boolean gone(Shard shard, long laterTerm);
  }

  /**
   * How another owner looked.
   *
   * @param since this node's clock when its beat was first seen to be this one
   * @param looked this node's clock when the last look began
   */
  private record Seen(long beat, boolean over, long since, long looked) {}

  private final ControlKeyspace keyspace;
  private final LeaseTimes times;
  private final CassandraIntents intents;
  private final Taken taken;
  private final Map<Long, Seen> others = new ConcurrentHashMap<>();
  private final ScheduledExecutorService beats =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("cassandra-owner").daemon().factory());
  private volatile Map<Shard, Long> outdated = Map.of();
  private volatile long number;
  private volatile long confirmed;
  private volatile boolean valid;
  private long beat;
  private long lowest = 1;
  private boolean failing;

  CassandraOwner(
      ControlKeyspace keyspace, LeaseTimes times, CassandraIntents intents, Taken taken) {
    this.keyspace = keyspace;
    this.times = times;
    this.intents = intents;
    this.taken = taken;
  }

  /** Takes a number and begins to beat. Blocks. */
  void enter(String node) {
    long next = newest() + 1;
    while (!ControlKeyspace.await(keyspace.conditionally(ENTER, next, node))) {
      next = newest() + 1;
    }
    number = next;
    intents.begin(next);
    look();
    long every = times.beatEvery().toNanos();
    beats.scheduleWithFixedDelay(this::look, every, every, TimeUnit.NANOSECONDS);
  }

  private long newest() {
    List<Row> rows = ControlKeyspace.await(keyspace.rowsSerially(NEWEST));
    return rows.isEmpty() ? 0 : rows.getFirst().getLong(0);
  }

  /** Never writes again. Blocks. */
  void leave() {
    beats.close();
    valid = false;
    if (number > 0) {
      ControlKeyspace.await(
          keyspace.conditionally(LEAVE, ++beat, intents.settled(), intents.last(), number));
    }
  }

  long number() {
    return number;
  }

  /**
   * Whether this node may store something under that term now.
   *
   * @throws ProblemException {@code lease-unconfirmed} or {@code fenced}
   */
  void require(Shard shard, long term) {
    if (!valid || System.nanoTime() - confirmed > times.validFor().toNanos()) {
      throw new ProblemException(
          Problem.unavailable(
                  "lease-unconfirmed",
                  "this node could not show for " + times.validFor() + " that it lives")
              .todo("ask again; look at Cassandra if this lasts"));
    }
    if (outdated.getOrDefault(shard, 0L) > term) {
      throw new ProblemException(
          Problem.unavailable("fenced", "shard " + shard + " has another owner since term " + term)
              .todo("ask again; its new owner answers"));
    }
  }

  private void look() {
    try {
      long begun = System.nanoTime();
      boolean mine =
          ControlKeyspace.await(
              keyspace.conditionally(BEAT, ++beat, intents.settled(), intents.last(), number));
      if (!mine) {
        valid = false;
        throw new ProblemException(
            Problem.unavailable("owner-closed", "others have closed this node's list")
                .todo("start this node again"));
      }
      readTaken();
      confirmed = begun;
      valid = true;
      observe(begun);
      if (failing) {
        failing = false;
        log.atInfo().addKeyValue("owner", number).log("lease confirmed again");
      }
    } catch (RuntimeException e) {
      if (!failing) {
        failing = true;
        log.atWarn()
            .addKeyValue("owner", number)
            .setCause(e)
            .log("lease not confirmed; will be retried");
      }
    }
  }

  private void readTaken() {
    Map<Shard, Long> all = new HashMap<>();
    List<Row> rows = ControlKeyspace.await(keyspace.rows(TAKEN, number));
    rows.forEach(row -> all.put(shard(row), row.getLong("term")));
    outdated = Map.copyOf(all);
    for (Row row : rows) {
      if (taken.gone(shard(row), row.getLong("term")) && !row.getBoolean("gone")) {
        ControlKeyspace.await(
            keyspace.conditionally(
                GONE, number, row.getString("type"), row.getInt("shard"), row.getLong("term")));
      }
    }
  }

  private static Shard shard(Row row) {
    return new Shard(Objects.requireNonNull(row.getString("type")), row.getInt("shard"));
  }

  private void observe(long begun) {
    long open = Long.MAX_VALUE;
    for (Row row : ControlKeyspace.await(keyspace.rows(OWNERS, lowest))) {
      long other = row.getLong("number");
      if (other == number) {
        continue;
      }
      Seen seen = see(row, begun);
      if (seen.over()) {
        continue;
      }
      if (begun - seen.since() > times.closedAfter().toNanos()) {
        ControlKeyspace.await(keyspace.conditionally(CLOSE, other, seen.beat()));
      }
      open = Math.min(open, other);
    }
    lowest = Math.min(open, number);
    others.keySet().removeIf(other -> other < lowest);
  }

  private Seen see(Row row, long begun) {
    long now = System.nanoTime();
    long shown = row.getLong("beat");
    boolean over = row.getBoolean("over");
    return others.merge(
        row.getLong("number"),
        new Seen(shown, over, now, begun),
        (before, _) ->
            before.beat() == shown
                ? new Seen(shown, over, before.since(), begun)
                : new Seen(shown, over, now, begun));
  }

  /**
   * Waits until nothing that {@code other} stores in this shard can be under way any more. Blocks.
   *
   * @param term of the claim that took the shard from it
   */
  void awaitSilence(long other, Shard shard, long term) {
    ControlKeyspace.await(keyspace.later(TAKE, other, shard.type(), shard.number(), term));
    long told = System.nanoTime();
    long silence = times.silence().toNanos();
    while (System.nanoTime() - told < silence) {
      Seen seen = others.get(other);
      if (seen == null) {
        List<Row> row = ControlKeyspace.await(keyspace.rows(OTHER, other));
        if (row.isEmpty() || row.getFirst().getBoolean("over")) {
          return;
        }
        seen = see(row.getFirst(), System.nanoTime());
      }
      if (seen.over()
          || (seen.looked() - told > 0 && System.nanoTime() - seen.since() > silence)
          || saysGone(other, shard, term)) {
        return;
      }
      pause();
    }
  }

  private boolean saysGone(long other, Shard shard, long term) {
    List<Row> row =
        ControlKeyspace.await(keyspace.rows(IS_GONE, other, shard.type(), shard.number()));
    return !row.isEmpty()
        && row.getFirst().getBoolean("gone")
        && row.getFirst().getLong("term") <= term;
  }

  private static void pause() {
    try {
      Thread.sleep(POLL);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ProblemException(
          Problem.unavailable("interrupted", "interrupted while waiting for a shard's owner"), e);
    }
  }
}
