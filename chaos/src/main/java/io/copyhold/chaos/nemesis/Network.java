package io.copyhold.chaos.nemesis;

import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.ProblemException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A network namespace of one's own, in which ports can be cut off: a routing rule that drops what
 * is sent to a port. Nothing outside the namespace is touched, and it vanishes with the last
 * process in it. Needs root, and {@code unshare} and {@code ip} on the path.
 */
@PortAdapter
public final class Network {
  /** Says to a process that it was started in a namespace of its own. */
  private static final String INSIDE = "COPYHOLD_CHAOS_NETWORK";

  private static final String OWN = "own";

  /** Rules are tried in the order of these: the cuts, then the machine's own addresses. */
  private static final String CUTS = "5";

  private static final String LOCAL = "10";

  private Network() {}

  /** Whether this process is in a namespace of its own, so that it may cut. */
  public static boolean isOwn() {
    return OWN.equals(System.getenv(INSIDE));
  }

  /** Why a namespace of one's own cannot be had; empty when it can. */
  public static String lacks() {
    List<String> lacking = new ArrayList<>();
    if (!"root".equals(System.getProperty("user.name"))) {
      lacking.add("root");
    }
    for (String program : List.of("unshare", "ip")) {
      if (!onPath(program)) {
        lacking.add(program);
      }
    }
    return String.join(", ", lacking);
  }

  private static boolean onPath(String program) {
    for (String directory : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
      if (!directory.isEmpty() && Files.isExecutable(Path.of(directory, program))) {
        return true;
      }
    }
    return false;
  }

  /** The same command in a namespace of its own. */
  public static ProcessBuilder inside(List<String> command) {
    List<String> all = new ArrayList<>(List.of("unshare", "--net"));
    all.addAll(command);
    ProcessBuilder builder = new ProcessBuilder(all);
    builder.environment().putAll(Map.of(INSIDE, OWN));
    return builder;
  }

  /**
   * Makes the namespace usable: its loopback is down, and its own addresses come before all rules.
   */
  public static void prepare() throws InterruptedException {
    Processes.run(List.of("ip", "link", "set", "lo", "up"));
    Processes.run(List.of("ip", "rule", "add", "pref", LOCAL, "lookup", "local"));
    Processes.run(List.of("ip", "rule", "del", "pref", "0"));
  }

  /** From now on nothing that is sent to that TCP port arrives. */
  static void cut(int port) throws InterruptedException {
    Processes.run(rule("add", port));
  }

  static void mend(int port) throws InterruptedException {
    Processes.run(rule("del", port));
  }

  private static List<String> rule(String verb, int port) {
    return List.of(
        "ip",
        "rule",
        verb,
        "pref",
        CUTS,
        "ipproto",
        "tcp",
        "dport",
        String.valueOf(port),
        "blackhole");
  }

  /** Whether a namespace can be made here and now. */
  public static boolean works() throws InterruptedException {
    try {
      Process process =
          inside(List.of("true"))
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return process.waitFor() == 0;
    } catch (IOException e) {
      return false;
    } catch (ProblemException e) {
      return false;
    }
  }
}
