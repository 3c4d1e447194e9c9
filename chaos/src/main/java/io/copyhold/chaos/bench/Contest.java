package io.copyhold.chaos.bench;

import io.copyhold.chaos.installation.Installation;
import io.copyhold.chaos.installation.Together;
import io.copyhold.config.node.ChildState;
import io.copyhold.runtime.PortAdapter;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Onboards with Copyhold and with the plain loop, in rounds that change who goes first; a small
 * round of each comes before, so that neither pays for cold code or empty caches.
 */
@PortAdapter
final class Contest {
  private static final int ROUNDS = 2;

  /** Tenants of the round that is not counted. */
  private static final int WARM_MIN = 4;

  private static final int WARM_MAX = 60;
  private static final int WARM_SHARE = 3;

  private final Installation installation;
  private final Onboarding onboarding;
  private final PlainProvisioning plain;
  private final ActiveTenants active;
  private final int atOnce;
  private final PrintStream out;
  private int onboarded;

  Contest(
      Installation installation,
      Onboarding onboarding,
      PlainProvisioning plain,
      ActiveTenants active,
      int atOnce,
      PrintStream out) {
    this.installation = installation;
    this.onboarding = onboarding;
    this.plain = plain;
    this.active = active;
    this.atOnce = atOnce;
    this.out = out;
  }

  /** Both sides of one strategy. */
  record Sides(
      int count, Machine.Used ours, Latencies untilActive, Machine.Used plain, Latencies each) {
    String figures(String strategy) {
      return String.format(
          Locale.ROOT,
          "%1$s_per_s=%2$.1f %1$s_ratio=%3$.3f %1$s_p50_ms=%4$.0f %1$s_p99_ms=%5$.0f"
              + " %1$s_cpu_ms=%6$.1f",
          strategy,
          ours.perSecond(count),
          ours.perSecond(count) / plain.perSecond(count),
          untilActive.p50Ms(),
          untilActive.p99Ms(),
          ours.cpuMillisPer(count));
    }
  }

  Sides run(String strategy, int count, PlainProvisioning.Strategy peer) throws Exception {
    int warm = Math.clamp(count / WARM_SHARE, WARM_MIN, WARM_MAX);
    ours(strategy, "w" + strategy, warm, new Latencies(), new TreeMap<>());
    peer(peer, "q" + strategy, warm, new Latencies());
    Latencies untilActive = new Latencies();
    Latencies each = new Latencies();
    Map<String, Long> cpu = new TreeMap<>();
    Machine.Used ours = Machine.Used.NOTHING;
    Machine.Used theirs = Machine.Used.NOTHING;
    for (int round = 0; round < ROUNDS; round++) {
      int part = count * (round + 1) / ROUNDS - count * round / ROUNDS;
      String suffix = strategy + round + "x";
      if (round % 2 == 0) {
        ours = ours.plus(ours(strategy, "t" + suffix, part, untilActive, cpu));
        theirs = theirs.plus(peer(peer, "p" + suffix, part, each));
      } else {
        theirs = theirs.plus(peer(peer, "p" + suffix, part, each));
        ours = ours.plus(ours(strategy, "t" + suffix, part, untilActive, cpu));
      }
    }
    print(strategy, "Copyhold", count, ours, untilActive);
    out.println("                    of these " + share(cpu, count));
    print(strategy, "plain", count, theirs, each);
    return new Sides(count, ours, untilActive, theirs, each);
  }

  private void print(
      String strategy, String side, int count, Machine.Used used, Latencies latencies) {
    out.printf(
        Locale.ROOT,
        "  %-8s %-8s %7.1f tenants/s, p50 %6.0f ms, p99 %6.0f ms, %6.1f CPU-ms each%n",
        strategy,
        side,
        used.perSecond(count),
        latencies.p50Ms(),
        latencies.p99Ms(),
        used.cpuMillisPer(count));
  }

  private Machine.Used ours(
      String strategy, String prefix, int count, Latencies latencies, Map<String, Long> cpu)
      throws Exception {
    int first = onboarded;
    onboarded += count;
    Map<String, Long> before = cpu();
    Machine.Moment begin = Machine.now(processes());
    Together.each(
        IntStream.range(0, count).boxed().toList(),
        atOnce,
        i -> {
          String tenant = prefix + i;
          active.expect(tenant);
          long asked = System.nanoTime();
          onboarding.ask(tenant, strategy, first + i);
          latencies.record(active.await(tenant) - asked);
          return true;
        });
    Machine.Used used = Machine.between(begin, Machine.now(processes()));
    cpu()
        .forEach(
            (name, nanos) -> cpu.merge(name, nanos - before.getOrDefault(name, 0L), Long::sum));
    return used;
  }

  /** Processor time so far of each process of the installation. */
  private Map<String, Long> cpu() {
    Map<String, Long> cpu = new TreeMap<>();
    for (ChildState child : installation.state().children()) {
      cpu.put(child.name(), Machine.serverCpu(child.pid()));
    }
    return cpu;
  }

  private static String share(Map<String, Long> cpu, int count) {
    return cpu.entrySet().stream()
        .map(e -> String.format(Locale.ROOT, "%s %.1f", e.getKey(), e.getValue() / 1e6 / count))
        .collect(Collectors.joining(", "));
  }

  private Machine.Used peer(
      PlainProvisioning.Strategy peer, String prefix, int count, Latencies latencies)
      throws Exception {
    AtomicInteger next = new AtomicInteger();
    Machine.Moment begin = Machine.now(processes());
    Together.each(
        IntStream.range(0, atOnce).boxed().toList(),
        atOnce,
        _ -> {
          for (int i = next.getAndIncrement(); i < count; i = next.getAndIncrement()) {
            long asked = System.nanoTime();
            peer.provision(i, prefix + i);
            latencies.record(System.nanoTime() - asked);
          }
          return true;
        });
    Machine.Moment end = Machine.now(processes());
    plain.disconnect();
    return Machine.between(begin, end);
  }

  /** Every process of the installation but this one. */
  private long[] processes() {
    return installation.state().children().stream().mapToLong(ChildState::pid).toArray();
  }

  /**
   * Onboards into pools until there are so many tenants in all, or the time is up.
   *
   * @return how many there are then
   */
  int fill(int wanted, Duration limit) throws Exception {
    int first = onboarded;
    long begin = System.nanoTime();
    AtomicInteger next = new AtomicInteger(first);
    List<Integer> made =
        Together.each(
            IntStream.range(0, atOnce).boxed().toList(),
            atOnce,
            _ -> {
              int mine = 0;
              while (System.nanoTime() - begin < limit.toNanos()) {
                int i = next.getAndIncrement();
                if (i >= wanted) {
                  break;
                }
                String tenant = "f" + i;
                active.expect(tenant);
                onboarding.ask(tenant, "pool", i);
                active.await(tenant);
                mine++;
              }
              return mine;
            });
    int more = made.stream().mapToInt(Integer::intValue).sum();
    onboarded = first + more;
    double seconds = (System.nanoTime() - begin) / 1e9;
    out.printf(
        Locale.ROOT,
        "  directory: %d tenants, the last %d onboarded into pools in %.0f s (%.1f/s)%n",
        onboarded,
        more,
        seconds,
        more / seconds);
    return onboarded;
  }
}
