package io.copyhold.tenants.store.postgres.ddl;

import java.time.Duration;

/**
 * How many rows the next chunk has: so many as take the target's time at the smoothed pace, growing
 * by at most a fifth a chunk and shrinking by at most half.
 */
final class ChunkSize {
  private static final double SMOOTHING = 0.4;
  private static final double GROWTH = 1.2;

  private final int min;
  private int rows;
  private double millisPerRow;

  ChunkSize(int rows, int min) {
    this.rows = Math.max(1, rows);
    this.min = min;
  }

  int rows() {
    return rows;
  }

  /**
   * A chunk of about that many rows took so long.
   *
   * @param max rows
   */
  void took(int count, Duration elapsed, Duration target, int max) {
    double pace = elapsed.toNanos() / 1e6 / Math.max(1, count);
    millisPerRow = millisPerRow == 0 ? pace : SMOOTHING * pace + (1 - SMOOTHING) * millisPerRow;
    double ideal = millisPerRow == 0 ? max : target.toNanos() / 1e6 / millisPerRow;
    double next = Math.max(rows / 2.0, Math.min(Math.max(rows + 1, rows * GROWTH), ideal));
    rows = (int) Math.max(Math.min(min, max), Math.min(max, next));
  }

  /** The last one took too long, or met somebody; down to a single row. */
  void halve() {
    rows = Math.max(1, rows / 2);
    millisPerRow = 0;
  }
}
