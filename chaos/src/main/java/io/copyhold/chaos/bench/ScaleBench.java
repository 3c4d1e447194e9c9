package io.copyhold.chaos.bench;

import io.copyhold.chaos.installation.Api;
import io.copyhold.chaos.installation.Installation;
import io.copyhold.chaos.installation.OwnLog;
import io.copyhold.chaos.installation.Workplace;
import io.copyhold.runtime.PortAdapter;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * What a tenant more costs those that are there. The same installation is measured with more and
 * more tenants in its journal, none of them in memory, and at one size with more nodes:
 *
 * <ol>
 *   <li>the journal is filled while only the databases run;
 *   <li>a node starts without a directory, and builds it;
 *   <li>it is killed, and starts with it;
 *   <li>tenants in memory are changed, then cold ones, then many cold ones are read; its heap is
 *       looked at before, after, and when all have left the memory again.
 * </ol>
 */
@Command(
    name = "scale",
    mixinStandardHelpOptions = true,
    description = {
      "Cost of a command, memory, start-up and directory as tenants grow to a million,",
      "and as one node becomes three."
    })
@PortAdapter
final class ScaleBench implements Callable<Integer> {
  private static final Duration IDLE_WINDOW = Duration.ofSeconds(3);
  private static final Duration REBUILD_LIMIT = Duration.ofMinutes(30);
  private static final Duration COMMIT = Duration.ofSeconds(6);

  @Spec private CommandSpec spec;

  @Option(
      names = "--tenants",
      split = ",",
      paramLabel = "N",
      description =
          "Sizes, ascending (default: 1000,10000,100000,1000000; 1000,10000 with --quick).")
  private List<Integer> tenants = List.of();

  @Option(
      names = "--operations",
      description = "Each tenant also has the events of its onboarding: nine times as many.")
  private boolean operations;

  @Option(
      names = "--nodes",
      description = "Compared with one node at the second size (${DEFAULT-VALUE}).")
  private int nodes = 3;

  @Option(names = "--quick", description = "The first two sizes: shows that it runs, not how fast.")
  private boolean quick;

  @Option(names = "--keep", description = "Keep the directory, logs included.")
  private boolean keep;

  @Override
  public Integer call() throws Exception {
    ScalePlan plan;
    try {
      plan =
          quick
              ? ScalePlan.quick(
                  tenants.isEmpty() ? List.of(1_000, 10_000) : tenants, operations, nodes)
              : ScalePlan.full(
                  tenants.isEmpty() ? List.of(1_000, 10_000, 100_000, 1_000_000) : tenants,
                  operations,
                  nodes);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
    Workplace workplace = Workplace.make("scale", null, keep);
    OwnLog.into(workplace.log());
    boolean good = false;
    try {
      run(plan, workplace.directory(), System.out);
      good = true;
    } finally {
      if (good) {
        workplace.remove();
      } else {
        workplace.removeButLogs();
        System.err.println("The logs are in " + workplace.logs());
      }
    }
    return 0;
  }

  private static void run(ScalePlan plan, Path data, PrintStream out) throws Exception {
    ScaleFill fill;
    try (Installation here = start(plan, data, 1);
        Api api = here.open()) {
      out.printf(
          Locale.ROOT,
          "scale: %s tenants in one journal, one node, at %d also %d; 16 requests at once; %s; %s%n",
          plan.sizes(),
          plan.nodesAt(),
          plan.nodes(),
          Machine.version(here.administrator("control")),
          Machine.describe());
      fill = ScaleFill.prepare(here, api, plan.operations());
    }
    out.printf(
        "  each tenant has %d events%s%n",
        fill.eventsEach(), plan.operations() ? ", those of its onboarding among them" : "");
    List<ScaleFigures> figures = new ArrayList<>();
    ScaleSite.@Nullable Cost many = null;
    int before = 0;
    for (int size : plan.sizes()) {
      fill(fill, plan, data, size, out);
      ScaleFigures measured = one(plan, data, fill, before, size);
      measured.print(out);
      figures.add(measured);
      if (size == plan.nodesAt()) {
        many = many(plan, data, size, out);
      }
      before = size;
    }
    out.println(Machine.describe());
    out.println(result(plan, figures, many));
  }

  private static Installation start(ScalePlan plan, Path data, int nodes) throws IOException {
    return Installation.start(
        data,
        nodes,
        Map.of(
            "copyhold.entity.idle-after",
            plan.idleAfter().toSeconds() + "s",
            "copyhold.http.rate-burst",
            1_000_000,
            "copyhold.http.rate-per-second",
            1_000_000));
  }

  private static void fill(ScaleFill fill, ScalePlan plan, Path data, int size, PrintStream out)
      throws Exception {
    try (Installation databases = start(plan, data, 0)) {
      long begin = System.nanoTime();
      fill.to(databases, size);
      out.printf(
          Locale.ROOT,
          "  filled up to %,d tenants in %.1f s%n",
          size,
          (System.nanoTime() - begin) / 1e9);
    }
    Workplace.delete(data.resolve("index"));
  }

  private static ScaleFigures one(ScalePlan plan, Path data, ScaleFill fill, int before, int size)
      throws Exception {
    try (Installation here = start(plan, data, 1);
        Api _ = here.open();
        ScaleSite site = new ScaleSite(here, data)) {
      double ready = site.uptime();
      site.awaitListed(size + ScaleFill.templates(), REBUILD_LIMIT);
      double rebuilt = site.uptime();
      Thread.sleep(COMMIT); // the index is committed every 5 s, and a kill loses what is not
      long directoryBytes = site.directoryBytes();
      site.restart();
      double restarted = site.uptime();
      String round = Integer.toString(size);
      List<String> some = ScaleSite.ids(before, before + ScalePlan.HOT_TENANTS);
      site.changes("warm-" + round, some, plan.warm());
      double idle = site.idle(IDLE_WINDOW);
      ScaleSite.Cost hot = site.changes("hot-" + round, some, plan.hot());
      int at = before + ScalePlan.HOT_TENANTS;
      ScaleSite.Cost cold =
          site.changes("cold-" + round, ScaleSite.ids(at, at + plan.cold()), plan.cold());
      at += plan.cold();
      long heapBefore = site.heap();
      long liveBefore = site.live();
      ScaleSite.Cost wakes = site.reads(ScaleSite.ids(at, Math.min(size, at + plan.wakes())));
      long heapAwake = site.heap();
      long awake = site.live() - liveBefore;
      long left = site.awaitPassivated(0, plan.idleAfter().plusMinutes(2));
      long rest = site.heap();
      return new ScaleFigures(
          size,
          (long) (size + ScaleFill.templates()) * fill.eventsEach(),
          ScaleFill.journalBytes(here),
          directoryBytes,
          rebuilt,
          ready,
          restarted,
          idle,
          hot,
          cold,
          wakes,
          (heapAwake - heapBefore) / (double) Math.max(1, awake),
          rest,
          (rest - heapBefore) / (double) Math.max(1, awake + liveBefore - left));
    }
  }

  private static ScaleSite.Cost many(ScalePlan plan, Path data, int size, PrintStream out)
      throws Exception {
    try (Installation here = start(plan, data, plan.nodes());
        Api _ = here.open();
        ScaleSite site = new ScaleSite(here, data)) {
      site.awaitListed(size + ScaleFill.templates(), REBUILD_LIMIT);
      List<String> some = ScaleSite.ids(size - ScalePlan.HOT_TENANTS, size);
      site.changes("warm-many", some, plan.warm() * plan.nodes());
      double idle = site.idle(IDLE_WINDOW);
      ScaleSite.Cost hot = site.changes("hot-many", some, plan.hot());
      out.printf(
          Locale.ROOT,
          "  %,d tenants on %d nodes; idle: %.0f CPU-ms per second%n",
          size,
          plan.nodes(),
          idle);
      ScaleFigures.print(out, "changes of tenants in memory", hot);
      return hot;
    }
  }

  private static String result(
      ScalePlan plan, List<ScaleFigures> figures, ScaleSite.@Nullable Cost many) {
    ScaleFigures first = figures.getFirst();
    ScaleFigures last = figures.getLast();
    double one =
        figures.stream()
            .filter(f -> f.tenants() == plan.nodesAt())
            .findFirst()
            .orElseThrow()
            .hot()
            .cpuMs();
    return String.format(
        Locale.ROOT,
        "RESULT scale tenants=%d cpu_ratio=%.2f cold_cpu_ratio=%.2f p50_ratio=%.2f p99_ratio=%.2f"
            + " nodes=%d nodes_cpu_ratio=%.2f cpu_ms_per_command=%.2f cold_cpu_ms_per_command=%.2f"
            + " wakes_per_s=%.0f bytes_per_active=%.0f bytes_per_passivated=%.1f"
            + " directory_bytes_per_tenant=%.0f journal_bytes_per_tenant=%.0f start_s=%.1f"
            + " start_ratio=%.2f rebuild_s=%.1f",
        last.tenants(),
        last.hot().cpuMs() / first.hot().cpuMs(),
        last.cold().cpuMs() / first.cold().cpuMs(),
        last.hot().latencies().p50Ms() / first.hot().latencies().p50Ms(),
        last.hot().latencies().p99Ms() / first.hot().latencies().p99Ms(),
        plan.nodes(),
        (many == null ? one : many.cpuMs()) / one,
        last.hot().cpuMs(),
        last.cold().cpuMs(),
        last.wakes().perSecond(),
        last.activeBytes(),
        (last.restBytes() - first.restBytes()) / (double) (last.tenants() - first.tenants()),
        last.directoryBytes() / (double) last.tenants(),
        last.journalBytes() / (double) last.tenants(),
        last.restartS(),
        last.restartS() / first.restartS(),
        last.rebuiltS() - last.readyS());
  }
}
