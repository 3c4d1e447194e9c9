package io.copyhold.chaos.bench;

import java.util.concurrent.TimeUnit;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/** How long things took, to three digits. */
final class Latencies {
  private static final int DIGITS = 3;

  private final Histogram micros = new ConcurrentHistogram(DIGITS);

  void record(long nanos) {
    micros.recordValue(TimeUnit.NANOSECONDS.toMicros(nanos));
  }

  double p50Ms() {
    return micros.getValueAtPercentile(50) / 1e3;
  }

  double p99Ms() {
    return micros.getValueAtPercentile(99) / 1e3;
  }

  long count() {
    return micros.getTotalCount();
  }
}
