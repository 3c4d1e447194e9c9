package io.copyhold.tenants.store.postgres.ddl;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ChunkSizeTest {
  private static final Duration TARGET = Duration.ofMillis(100);

  /** A chunk of n rows takes n times so many microseconds. */
  private static int after(ChunkSize size, int chunks, long microsPerRow, int max) {
    for (int i = 0; i < chunks; i++) {
      int rows = size.rows();
      size.took(rows, Duration.ofNanos(rows * microsPerRow * 1000), TARGET, max);
    }
    return size.rows();
  }

  @Test
  void itGrowsByAFifthUntilTheTargetIsMet() {
    ChunkSize size = new ChunkSize(500, 10);
    assertThat(after(size, 1, 10, 20_000)).isEqualTo(600);
    assertThat(after(size, 30, 10, 20_000)).isBetween(9_900, 10_100);
  }

  @Test
  void itShrinksByHalfAtMostWhenRowsBecomeSlow() {
    ChunkSize size = new ChunkSize(500, 10);
    after(size, 30, 10, 20_000);
    assertThat(after(size, 1, 10_000, 20_000)).isBetween(4_900, 5_100);
    assertThat(after(size, 40, 10_000, 20_000)).isEqualTo(10);
  }

  @Test
  void itStaysWithinItsBounds() {
    assertThat(after(new ChunkSize(500, 10), 50, 1, 2_000)).isEqualTo(2_000);
    assertThat(after(new ChunkSize(500, 10), 50, 1_000_000, 2_000)).isEqualTo(10);
    assertThat(after(new ChunkSize(5_000, 10), 1, 1, 700)).isEqualTo(700);
  }

  @Test
  void halvingEndsAtASingleRow() {
    ChunkSize size = new ChunkSize(5, 10);
    size.halve();
    size.halve();
    size.halve();
    assertThat(size.rows()).isEqualTo(1);
  }
}
