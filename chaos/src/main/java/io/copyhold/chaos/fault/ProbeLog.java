package io.copyhold.chaos.fault;

import io.copyhold.chaos.fault.Observed.Outage;
import io.copyhold.chaos.fault.Observed.Seen;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** The answers to one probe, folded. Times of the clock in nanoseconds come from outside. */
final class ProbeLog {
  static final int OUTAGES_MAX = 20;
  private static final long LATENCY_MS_MAX = 600_000;

  private final String probe;
  private final Histogram latency = new Histogram(1, LATENCY_MS_MAX, 3);
  private final Deque<Outage> outages = new ArrayDeque<>();
  private long samples;
  private long failures;
  private boolean good;
  private long goodSince;
  private @Nullable Instant badFrom;
  private long badSince;
  private String badWhy = "";
  private @Nullable String trouble;

  ProbeLog(String probe) {
    this.probe = probe;
  }

  /**
   * @param asked when, by the wall clock
   * @param askedNanos the same, by the steady one
   * @param problem null for a good answer
   */
  synchronized void add(
      Instant asked, long askedNanos, long answeredNanos, @Nullable String problem) {
    samples++;
    long tookMs = (answeredNanos - askedNanos) / 1_000_000;
    trouble = problem;
    if (problem == null) {
      latency.recordValue(Math.min(LATENCY_MS_MAX, tookMs));
      Instant from = badFrom;
      if (from != null) {
        long ms = (answeredNanos - badSince) / 1_000_000;
        outages.add(new Outage(from, from.plusMillis(ms), ms, badWhy));
        if (outages.size() > OUTAGES_MAX) {
          outages.remove();
        }
        badFrom = null;
      }
      if (!good) {
        good = true;
        goodSince = askedNanos;
      }
    } else {
      failures++;
      good = false;
      if (badFrom == null) {
        badFrom = asked;
        badSince = askedNanos;
        badWhy = problem;
      }
    }
  }

  synchronized Seen seen(long nowNanos, long acknowledged, long lost) {
    List<Outage> all = new ArrayList<>(outages);
    if (badFrom != null) {
      all.add(new Outage(badFrom, null, (nowNanos - badSince) / 1_000_000, badWhy));
    }
    return new Seen(
        probe,
        samples,
        failures,
        good ? (nowNanos - goodSince) / 1_000_000 : 0,
        latency.getValueAtPercentile(50),
        latency.getValueAtPercentile(99),
        latency.getMaxValue(),
        all,
        trouble,
        acknowledged,
        lost);
  }
}
