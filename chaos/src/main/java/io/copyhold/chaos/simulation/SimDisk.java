package io.copyhold.chaos.simulation;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.journal.Journaled;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The journal's database, shared by all nodes. A write is in its node's hands first, then it
 * becomes durable at one moment, and it is answered at a later one: a node that is killed or paused
 * on the way may never hear of it. It refuses what comes under a term that is not the shard's
 * newest, and a number that is taken.
 */
public final class SimDisk {
  private static final Map<String, SimDisk> DISKS = new ConcurrentHashMap<>();
  private static final Duration LATE_MAX = Duration.ofSeconds(3);
  private static final Duration SLOW_MAX = Duration.ofSeconds(4);

  /** One stored event. */
  record Row(
      String persistenceId,
      long sequence,
      int serializer,
      String manifest,
      byte[] bytes,
      long term,
      String node,
      Journaled.@Nullable AgendaChange agenda) {}

  /** The writer was replaced. */
  static final class Fenced extends IOException {
    private static final long serialVersionUID = 1L;

    private final int shard;

    Fenced(int shard, long term, Terms.Claim newest) {
      super(
          "shard %d is at term %d (%s), not %d"
              .formatted(shard, newest.term(), newest.node(), term));
      this.shard = shard;
    }
  }

  private final SimLoop loop;
  private final Conditions conditions;
  private final Terms terms = new Terms();
  private final Map<String, TreeMap<Long, Row>> rows = new HashMap<>();
  private @Nullable Consumer<List<Row>> afterWrite;
  private @Nullable BiConsumer<String, Integer> onFenced;
  private @Nullable SimAgenda agenda;
  private long conflicts;

  public SimDisk(SimLoop loop) {
    this.loop = loop;
    this.conditions = loop.conditions();
    DISKS.put(loop.id(), this);
  }

  static SimDisk of(String loop) {
    SimDisk disk = DISKS.get(loop);
    if (disk == null) {
      throw new IllegalStateException("no disk of simulation " + loop);
    }
    return disk;
  }

  SimLoop loop() {
    return loop;
  }

  Terms terms() {
    return terms;
  }

  /**
   * Called right when rows have become durable, before the writer hears of it: the place of crash
   * points.
   */
  void afterWrite(Consumer<List<Row>> observer) {
    afterWrite = observer;
  }

  /** Where the agenda's rows go that come with events. */
  void agenda(SimAgenda rows) {
    agenda = rows;
  }

  /** Called on a node that learns that it lost a shard. */
  void onFenced(BiConsumer<String, Integer> observer) {
    onFenced = observer;
  }

  /**
   * @param rate 0 to 1, of writes that fail with nothing stored
   */
  public void failWrites(double rate) {
    conditions.writeFails = rate;
  }

  /** Writes refused because another writer had taken the number or the shard. */
  public long conflicts() {
    return conflicts;
  }

  TreeMap<Long, Row> rows(String persistenceId) {
    return rows.getOrDefault(persistenceId, new TreeMap<>());
  }

  void write(String node, int shard, List<Row> batch, Consumer<@Nullable Exception> answer) {
    loop.after(
        node,
        millis(1),
        () -> loop.after("journal", service(), () -> carryOut(node, shard, batch, answer)));
  }

  private void carryOut(
      String node, int shard, List<Row> batch, Consumer<@Nullable Exception> answer) {
    if (conditions.journalAway) {
      conditions.coverage.hit(Fault.JOURNAL_AWAY);
      answer(node, new IOException("the journal is away"), answer);
      return;
    }
    double luck = loop.random().nextDouble();
    if (luck < conditions.writeFails) {
      conditions.coverage.hit(Fault.WRITE_FAILS);
      answer(node, new IOException("simulated write failure"), answer);
    } else if (luck < conditions.writeFails + conditions.tornWrite) {
      conditions.coverage.hit(Fault.TORN_WRITE);
      Duration late =
          loop.random().nextBoolean()
              ? Duration.ZERO
              : Duration.ofNanos(loop.random().nextLong(LATE_MAX.toNanos()));
      loop.after("journal", late, () -> store(shard, batch));
      answer(node, new IOException("the answer was lost"), answer);
    } else if (luck > 0.98 && conditions.has(Defect.JOURNAL_LOSES_WRITES)) {
      answer(node, null, answer);
    } else {
      answer(node, store(shard, batch), answer);
    }
  }

  private void answer(
      String node, @Nullable Exception failure, Consumer<@Nullable Exception> answer) {
    loop.after(
        node,
        millis(1),
        () -> {
          answer.accept(failure);
          if (failure instanceof Fenced fenced && onFenced != null) {
            onFenced.accept(node, fenced.shard);
          }
        });
  }

  private Duration service() {
    if (conditions.slowJournal && loop.random().nextInt(4) == 0) {
      conditions.coverage.hit(Fault.SLOW_JOURNAL);
      return Duration.ofNanos(loop.random().nextLong(SLOW_MAX.toNanos()));
    }
    return millis(3);
  }

  private Duration millis(int most) {
    return Duration.ofNanos(100_000 + loop.random().nextLong(most * 1_000_000L));
  }

  private @Nullable Exception store(int shard, List<Row> batch) {
    Terms.Claim newest = terms.newest(shard);
    long term = batch.getFirst().term();
    if (term != newest.term() && !conditions.has(Defect.APPEND_UNDER_AN_OLD_TERM)) {
      conflicts++;
      conditions.coverage.staleWrite();
      loop.note("refused " + batch.getFirst().persistenceId() + ", term " + term + " is stale");
      return new Fenced(shard, term, newest);
    }
    for (Row row : batch) {
      if (rows(row.persistenceId()).containsKey(row.sequence())) {
        conflicts++;
        return new IllegalStateException(
            "duplicate key (" + row.persistenceId() + ", " + row.sequence() + ")");
      }
    }
    for (Row row : batch) {
      rows.computeIfAbsent(row.persistenceId(), _ -> new TreeMap<>()).put(row.sequence(), row);
    }
    // one transaction: who looks on the way sees no row missing
    withRows(batch, (row, change, rows) -> rows.putAll(change, row.node()));
    if (afterWrite != null) {
      afterWrite.accept(batch);
    }
    withRows(
        batch, (row, change, rows) -> rows.removeAll(EntityRef.parse(row.persistenceId()), change));
    return null;
  }

  private interface WithRows {
    void change(Row row, Journaled.AgendaChange change, SimAgenda rows);
  }

  private void withRows(List<Row> batch, WithRows with) {
    for (Row row : batch) {
      Journaled.AgendaChange change = row.agenda();
      if (agenda != null && change != null) {
        with.change(row, change, agenda);
      }
    }
  }

  void close() {
    DISKS.remove(loop.id());
  }
}
