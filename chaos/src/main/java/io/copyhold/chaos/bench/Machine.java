package io.copyhold.chaos.bench;

import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.postgres.Database;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Locale;
import java.util.stream.LongStream;

/**
 * What a run used of the machine: wall time, and processor time of this process and of a server's
 * processes.
 */
@PortAdapter
final class Machine {
  private static final double TICKS_PER_SECOND = 100;

  /**
   * A moment of a run.
   *
   * @param serverCpuNanos of other processes and their children, also those that have ended; 0
   *     where unknown
   */
  record Moment(long nanos, long cpuNanos, long serverCpuNanos) {}

  /**
   * What lies between two moments.
   *
   * @param cpu of this process and the others
   * @param othersCpu of the others alone
   */
  record Used(Duration wall, Duration cpu, Duration othersCpu) {
    static final Used NOTHING = new Used(Duration.ZERO, Duration.ZERO, Duration.ZERO);

    Used plus(Used more) {
      return new Used(wall.plus(more.wall), cpu.plus(more.cpu), othersCpu.plus(more.othersCpu));
    }

    double perSecond(int things) {
      return things / (wall.toNanos() / 1e9);
    }

    double cpuMillisPer(int things) {
      return cpu.toNanos() / 1e6 / things;
    }

    double othersCpuMillisPer(int things) {
      return othersCpu.toNanos() / 1e6 / things;
    }
  }

  private Machine() {}

  /**
   * @param others main processes of servers, besides this process
   */
  static Moment now(long... others) {
    var os =
        (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    return new Moment(
        System.nanoTime(),
        os.getProcessCpuTime(),
        LongStream.of(others).map(Machine::serverCpu).sum());
  }

  static Used between(Moment from, Moment to) {
    Duration others = Duration.ofNanos(to.serverCpuNanos() - from.serverCpuNanos());
    return new Used(
        Duration.ofNanos(to.nanos() - from.nanos()),
        Duration.ofNanos(to.cpuNanos() - from.cpuNanos()).plus(others),
        others);
  }

  /** Which PostgreSQL a server is. */
  static String version(Database server) throws SQLException {
    try (Connection c = server.connect("copyhold-bench");
        Statement s = c.createStatement();
        ResultSet r = s.executeQuery("select 'PostgreSQL ' || current_setting('server_version')")) {
      r.next();
      return r.getString(1);
    }
  }

  /** One line about the machine, so that a figure can be judged. */
  static String describe() {
    var os = ManagementFactory.getOperatingSystemMXBean();
    return String.format(
        Locale.ROOT,
        "%d processors, load average %.1f, Java %s, %s %s",
        os.getAvailableProcessors(),
        os.getSystemLoadAverage(),
        Runtime.version(),
        os.getName(),
        os.getVersion());
  }

  /**
   * Processor time of a process and its children so far, in nanoseconds; 0 where unknown.
   *
   * <p>utime, stime, cutime and cstime of /proc/PID/stat, and those of living children.
   */
  static long serverCpu(long pid) {
    if (!Files.exists(Path.of("/proc", Long.toString(pid), "stat"))) {
      return 0;
    }
    long ticks = ticks(pid, true);
    for (ProcessHandle child :
        (Iterable<ProcessHandle>)
            ProcessHandle.of(pid).stream().flatMap(ProcessHandle::descendants)::iterator) {
      ticks += ticks(child.pid(), false);
    }
    return (long) (ticks / TICKS_PER_SECOND * 1e9);
  }

  private static long ticks(long pid, boolean ended) {
    try {
      String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      long sum = Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
      return ended ? sum + Long.parseLong(fields[13]) + Long.parseLong(fields[14]) : sum;
    } catch (IOException | RuntimeException e) {
      return 0; // it ended this moment
    }
  }
}
