package io.copyhold.chaos.bench;

import java.util.Locale;

/**
 * One of those that are compared: takes homes to the last version, one at a time, from any thread.
 */
interface FleetSide extends AutoCloseable {
  String name();

  /** Makes empty homes; not measured. */
  void create(String home) throws Exception;

  /** All files into an empty home. */
  void apply(String home) throws Exception;

  /** Finds that the home has all files, unchanged, and changes nothing. */
  void requireCurrent(String home) throws Exception;

  /** What a side used, over all rounds. */
  record Figures(int homes, Machine.Used apply, Machine.Used current) {
    static final Figures NONE = new Figures(0, Machine.Used.NOTHING, Machine.Used.NOTHING);

    Figures plus(Figures other) {
      return new Figures(homes + other.homes, apply.plus(other.apply), current.plus(other.current));
    }

    double perSecond() {
      return apply.perSecond(homes);
    }

    double currentPerSecond() {
      return current.perSecond(homes);
    }

    double cpuMillis() {
      return apply.cpuMillisPer(homes);
    }

    String line(String name) {
      return String.format(
          Locale.ROOT,
          "  %-16s %5d homes: apply %7.1f homes/s, %6.1f CPU-ms each (%.1f in the server);"
              + " current %8.1f homes/s, %6.2f CPU-ms each",
          name,
          homes,
          perSecond(),
          cpuMillis(),
          apply.othersCpuMillisPer(homes),
          currentPerSecond(),
          current.cpuMillisPer(homes));
    }
  }
}
