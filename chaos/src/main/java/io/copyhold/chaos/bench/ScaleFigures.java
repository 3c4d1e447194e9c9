package io.copyhold.chaos.bench;

import java.io.PrintStream;
import java.util.Locale;

/**
 * What one size showed on one node.
 *
 * @param tenants in the journal, none of them in memory at the start
 * @param events in the journal of all of them
 * @param journalBytes with indexes
 * @param directoryBytes of the index, committed
 * @param rebuiltS from the start of the process until the directory had read the whole journal
 * @param readyS from the start of the process until it was ready, without a directory
 * @param restartS the same after kill -9, with it
 * @param idleCpuMs per second, of nodes and databases, while nobody asks
 * @param hot changes of tenants in memory
 * @param cold changes of tenants that are not
 * @param wakes reads of tenants that are not
 * @param activeBytes heap of a tenant in memory
 * @param restBytes heap of the node once all are passivated again
 * @param leftBytes of that, of each tenant that was in memory
 */
record ScaleFigures(
    int tenants,
    long events,
    long journalBytes,
    long directoryBytes,
    double rebuiltS,
    double readyS,
    double restartS,
    double idleCpuMs,
    ScaleSite.Cost hot,
    ScaleSite.Cost cold,
    ScaleSite.Cost wakes,
    double activeBytes,
    long restBytes,
    double leftBytes) {

  void print(PrintStream out) {
    out.printf(
        Locale.ROOT,
        "  %,d tenants, %,d events: journal %.1f MB, directory %.1f MB%n",
        tenants,
        events,
        journalBytes / 1e6,
        directoryBytes / 1e6);
    out.printf(
        Locale.ROOT,
        "    ready %.1f s without a directory, which took %.1f s to build (%.0f events/s);"
            + " %.1f s with it, after kill -9%n",
        readyS,
        rebuiltS,
        events / Math.max(0.1, rebuiltS - readyS),
        restartS);
    out.printf(Locale.ROOT, "    idle: %.0f CPU-ms per second%n", idleCpuMs);
    print(out, "changes of tenants in memory", hot);
    print(out, "changes of cold tenants", cold);
    print(out, "reads of cold tenants", wakes);
    out.printf(
        Locale.ROOT,
        "    heap: %.0f bytes of a tenant in memory; %.1f MB with none in memory, of these %.0f bytes"
            + " for each that was%n",
        activeBytes,
        restBytes / 1e6,
        leftBytes);
  }

  static void print(PrintStream out, String what, ScaleSite.Cost cost) {
    out.printf(
        Locale.ROOT,
        "    %-29s %6d: %6.0f/s, p50 %6.1f ms, p99 %6.1f ms, %.2f CPU-ms each (clients %.2f)%n",
        what,
        cost.requests(),
        cost.perSecond(),
        cost.latencies().p50Ms(),
        cost.latencies().p99Ms(),
        cost.cpuMs(),
        cost.clientsCpuMs());
  }
}
