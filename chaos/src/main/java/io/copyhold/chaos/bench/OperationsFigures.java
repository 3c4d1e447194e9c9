package io.copyhold.chaos.bench;

import java.util.Locale;

/** What one side did with so many in flight, over all rounds. */
final class OperationsFigures {
  private final Latencies latencies = new Latencies();
  private int count;
  private Machine.Used used = Machine.Used.NOTHING;

  Latencies latencies() {
    return latencies;
  }

  void add(int more, Machine.Used by) {
    count += more;
    used = used.plus(by);
  }

  /** Processor time of all processes for one operation. */
  double cpuMs() {
    return used.cpuMillisPer(count);
  }

  double p50Ms() {
    return latencies.p50Ms();
  }

  double p99Ms() {
    return latencies.p99Ms();
  }

  String line(String name, int atOnce) {
    return String.format(
        Locale.ROOT,
        "  %-9s %3d in flight: %7.0f/s, p50 %7.2f ms, p99 %7.2f ms, %6.3f CPU-ms each (%.3f in the"
            + " server), %d counted",
        name,
        atOnce,
        used.perSecond(count),
        p50Ms(),
        p99Ms(),
        cpuMs(),
        used.othersCpuMillisPer(count),
        count);
  }
}
