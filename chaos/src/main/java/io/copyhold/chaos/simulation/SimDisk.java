package io.copyhold.chaos.simulation;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The journal's storage, shared by all nodes. A write becomes durable at one moment and is answered
 * at a later one; a node killed between the two never hears of it.
 */
public final class SimDisk {
  private static final Map<String, SimDisk> DISKS = new ConcurrentHashMap<>();

  /** One stored event. */
  record Row(String persistenceId, long sequence, int serializer, String manifest, byte[] bytes) {}

  private final SimLoop loop;
  private final Map<String, TreeMap<Long, Row>> rows = new HashMap<>();
  private @Nullable Consumer<List<Row>> afterWrite;
  private double failureRate;
  private long conflicts;

  public SimDisk(SimLoop loop) {
    this.loop = loop;
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

  /**
   * Called right when rows have become durable, before the writer hears of it: the place of crash
   * points.
   */
  void afterWrite(Consumer<List<Row>> observer) {
    afterWrite = observer;
  }

  /**
   * @param rate 0 to 1, of writes that fail with nothing stored
   */
  public void failWrites(double rate) {
    failureRate = rate;
  }

  /** Writes refused because another writer had taken the number. */
  public long conflicts() {
    return conflicts;
  }

  TreeMap<Long, Row> rows(String persistenceId) {
    return rows.getOrDefault(persistenceId, new TreeMap<>());
  }

  /** All streams, for invariants. */
  Map<String, TreeMap<Long, Row>> all() {
    return rows;
  }

  void write(String node, List<Row> batch, Consumer<@Nullable Exception> answer) {
    loop.after(
        node,
        Duration.ofNanos(200_000 + loop.random().nextLong(3_000_000)),
        () -> {
          Exception failure = store(batch);
          if (failure == null && afterWrite != null) {
            afterWrite.accept(batch);
          }
          loop.after(
              node,
              Duration.ofNanos(100_000 + loop.random().nextLong(1_000_000)),
              () -> answer.accept(failure));
        });
  }

  private @Nullable Exception store(List<Row> batch) {
    if (failureRate > 0 && loop.random().nextDouble() < failureRate) {
      return new java.io.IOException("simulated write failure");
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
      loop.note(row.persistenceId() + "@" + row.sequence() + " " + row.manifest());
    }
    return null;
  }

  void close() {
    DISKS.remove(loop.id());
  }
}
