package io.copyhold.chaos.bench;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.chaos.installation.Api;
import io.copyhold.chaos.installation.Installation;
import io.copyhold.chaos.installation.OwnLog;
import io.copyhold.chaos.installation.Together;
import io.copyhold.chaos.installation.Workplace;
import io.copyhold.chaos.workload.SettingsLoad;
import io.copyhold.config.node.ChildState;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.journal.Shard;
import io.copyhold.tenants.tenant.TenantType;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * What it costs the outside when one of three nodes dies or leaves, under load. Each tenant has a
 * writer that changes it through the API, one change after the other. What is measured is the
 * longest that a change took, over all its attempts: after a kill of the tenants that were on that
 * node, in a leave of all. Afterwards the histories are held against what was acknowledged.
 */
@Command(
    name = "failover",
    mixinStandardHelpOptions = true,
    description = "30 kill -9 and 10 planned leaves of one of three nodes under load.")
@PortAdapter
final class FailoverBench implements Callable<Integer> {
  private static final int NODES = 3;

  /** As in copyhold-pekko.conf. */
  private static final int SHARDS = 30;

  /** Three cold JVMs on two cores. */
  private static final Duration WARM = Duration.ofSeconds(15);

  private static final Duration QUIET = Duration.ofSeconds(2);
  private static final Duration BACK_MAX = Duration.ofMinutes(3);

  @Option(names = "--kills", description = "Nodes killed (default: 30; 4 with --quick).")
  private @Nullable Integer kills;

  @Option(names = "--leaves", description = "Nodes restarted (default: 10; 2 with --quick).")
  private @Nullable Integer leaves;

  @Option(names = "--tenants", description = "Tenants that are written to (${DEFAULT-VALUE}).")
  private int tenants = 60;

  @Option(names = "--quick", description = "A few of each: shows that it runs, not how fast.")
  private boolean quick;

  @Option(names = "--keep", description = "Keep the directory, logs included.")
  private boolean keep;

  @Override
  public Integer call() throws Exception {
    PrintStream out = System.out;
    Workplace workplace = Workplace.make("failover", null, keep);
    OwnLog.into(workplace.log());
    try (Installation here =
        Installation.start(
            workplace.directory(),
            NODES,
            Map.of(
                // each kill is meant; a node that is killed again and again must not be given up
                "copyhold.supervisor.restart.steady-after", "1s",
                "copyhold.http.rate-burst", 1_000_000,
                "copyhold.http.rate-per-second", 1_000_000))) {
      out.printf(
          Locale.ROOT,
          "failover: %d nodes on one machine, %d tenants, a writer each; %s%n",
          NODES,
          tenants,
          Machine.describe());
      try (Api api = here.open()) {
        return run(here, api, out);
      }
    } finally {
      workplace.remove();
    }
  }

  private int run(Installation here, Api api, PrintStream out) throws Exception {
    int killed = kills != null ? kills : quick ? 4 : 30;
    int left = leaves != null ? leaves : quick ? 2 : 10;
    List<String> ids = onboard(here, api);
    Latencies killTimes = new Latencies();
    Latencies leaveTimes = new Latencies();
    try (SettingsLoad load =
        new SettingsLoad(
            "bench", here.nodes().stream().map(here::url).toList(), here.operatorToken(), ids)) {
      Thread.sleep(WARM);
      for (int i = 0; i < killed; i++) {
        kill(here, api, load, ids, "node-" + (i % NODES + 1), killTimes, out);
      }
      var _ = load.takeTrouble();
      int failed = 0;
      for (int i = 0; i < left; i++) {
        failed += leave(here, api, load, ids, "node-" + (i % NODES + 1), i, leaveTimes, out);
      }
      load.stop();
      SettingsLoad.Account account = load.account(api);
      out.println(Machine.describe());
      out.printf(
          Locale.ROOT,
          "RESULT failover kill_p50_s=%.2f kill_p99_s=%.2f leave_p99_ms=%.0f"
              + " lost_acknowledged=%d doubled_effects=%d failed_in_leaves=%d acknowledged=%d%n",
          killTimes.p50Ms() / 1e3,
          killTimes.p99Ms() / 1e3,
          leaveTimes.p99Ms(),
          account.lost(),
          account.doubled(),
          failed,
          account.acknowledged());
      return account.lost() + account.doubled() == 0 ? 0 : 1;
    }
  }

  private List<String> onboard(Installation here, Api api) throws Exception {
    Onboarding onboarding = new Onboarding(here, api);
    onboarding.prepare(tenants);
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < tenants; i++) {
      ids.add(String.format(Locale.ROOT, "failover-%03d", i));
    }
    Together.each(
        ids,
        4,
        id -> {
          onboarding.ask(id, "pool", ids.indexOf(id));
          return true;
        });
    return ids;
  }

  private static void kill(
      Installation here,
      Api api,
      SettingsLoad load,
      List<String> ids,
      String node,
      Latencies times,
      PrintStream out)
      throws Exception {
    Set<String> mine = tenantsOf(api, node, ids);
    load.begin();
    ChildState was = here.kill(node);
    awaitBack(here, api, was);
    Thread.sleep(QUIET);
    Duration worst = Duration.ZERO;
    for (String id : mine) {
      Duration silent = load.longest(id);
      times.record(silent.toNanos());
      worst = silent.compareTo(worst) > 0 ? silent : worst;
    }
    out.printf(
        Locale.ROOT,
        "  kill -9 of %s: %d tenants of it, longest wait for a change %.2f s, of the others %.2f s%n",
        node,
        mine.size(),
        worst.toMillis() / 1e3,
        ids.stream()
                .filter(id -> !mine.contains(id))
                .mapToLong(id -> load.longest(id).toMillis())
                .max()
                .orElse(0)
            / 1e3);
    Map<String, Long> trouble =
        load.takeTrouble().stream()
            .collect(Collectors.groupingBy(t -> t.kind(), TreeMap::new, Collectors.counting()));
    out.println("    meanwhile, and tried again: " + trouble);
  }

  /** Returns how many requests failed, whatever became of them when they were repeated. */
  private static int leave(
      Installation here,
      Api api,
      SettingsLoad load,
      List<String> ids,
      String node,
      int round,
      Latencies times,
      PrintStream out)
      throws Exception {
    load.begin();
    ChildState was = here.node(node);
    api.change("POST", "/v1/nodes/" + node + "/restart", null, "bench-leave-" + round);
    awaitBack(here, api, was);
    Thread.sleep(QUIET);
    ids.forEach(id -> times.record(load.longest(id).toNanos()));
    List<SettingsLoad.Trouble> trouble = load.takeTrouble();
    List<SettingsLoad.Trouble> failed =
        trouble.stream().filter(SettingsLoad.Trouble::answered).toList();
    out.printf(
        Locale.ROOT,
        "  leave of %s: longest wait for a change %d ms, bad answers %d, connections ended %d%n",
        node,
        load.longest().stream().mapToLong(Duration::toMillis).max().orElse(0),
        failed.size(),
        trouble.size() - failed.size());
    failed.stream().limit(3).forEach(t -> out.println("    " + t));
    return failed.size();
  }

  /** Which tenants are on a node now. */
  private static Set<String> tenantsOf(Api api, String node, List<String> ids)
      throws InterruptedException {
    Set<String> shards = new HashSet<>();
    for (JsonNode shard : api.get("/v1/shards?type=tenant").path("items")) {
      if (shard.path("node").asText().equals(node)) {
        shards.add(shard.path("shard").asText());
      }
    }
    return ids.stream()
        .filter(
            id -> shards.contains(Integer.toString(Shard.of(TenantType.ref(id), SHARDS).number())))
        .collect(Collectors.toSet());
  }

  private static void awaitBack(Installation here, Api api, ChildState was) throws Exception {
    long end = System.nanoTime() + BACK_MAX.toNanos();
    while (true) {
      ChildState now = here.node(was.name());
      if (now.pid() != was.pid() && now.phase() == ChildState.Phase.RUNNING) {
        try (Api anybody = new Api(here.url(now), "none")) {
          if (anybody.answers("/health/ready", Duration.ofSeconds(2)) && allUp(api)) {
            return;
          }
        }
      }
      if (System.nanoTime() - end > 0) {
        throw new ProblemException(
            "node-not-back",
            was.name() + " did not come back within " + BACK_MAX + ".",
            "Read its log in " + here.logs() + ".");
      }
      Thread.sleep(100);
    }
  }

  private static boolean allUp(Api api) throws InterruptedException {
    int up = 0;
    for (JsonNode node : api.get("/v1/nodes").path("items")) {
      up += node.path("state").asText().equals("up") ? 1 : 0;
    }
    return up == NODES;
  }
}
