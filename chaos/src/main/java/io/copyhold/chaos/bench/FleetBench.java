package io.copyhold.chaos.bench;

import com.typesafe.config.ConfigFactory;
import io.copyhold.chaos.bench.FleetSide.Figures;
import io.copyhold.chaos.installation.OwnLog;
import io.copyhold.chaos.installation.Together;
import io.copyhold.chaos.installation.Workplace;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.postgres.Database;
import io.copyhold.runtime.postgres.EmbeddedPostgres;
import io.copyhold.runtime.postgres.EmbeddedPostgresSettings;
import io.copyhold.tenants.store.Script;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * A thousand schemas, five files of DDL each: our runner against Flyway in a loop, on the same
 * server, in rounds that change who goes first. Then the pass where all is current. Flyway runs
 * with a pool of connections and without, and the ratios are to whichever was faster; plain JDBC
 * runs along on fewer homes, as the floor.
 */
@Command(
    name = "fleet",
    mixinStandardHelpOptions = true,
    description =
        "1,000 schemas, 5 DDL files, against Flyway: homes per second, CPU, current pass.")
@PortAdapter
final class FleetBench implements Callable<Integer> {
  private static final int ROUNDS = 2;

  /** What only bounds the comparison gets this part of the homes. */
  private static final int FLOOR_SHARE = 5;

  /** Homes of the round that is not counted. */
  private static final int WARM_MIN = 10;

  private static final int WARM_SHARE = 10;
  private static final int QUICK_SHARE = 10;

  @Option(names = "--homes", description = "Schemas per side (${DEFAULT-VALUE}).")
  private int homes = 1_000;

  @Option(names = "--threads", description = "Homes worked on at once (${DEFAULT-VALUE}).")
  private int threads = 2;

  @Option(names = "--quick", description = "A tenth of it: shows that it runs, not how fast.")
  private boolean quick;

  /** A side and how many homes it gets. */
  private record Entry(FleetSide side, int homes) {}

  @Override
  public Integer call() throws Exception {
    int count = quick ? Math.max(4, homes / QUICK_SHARE) : homes;
    PrintStream out = System.out;
    Workplace workplace = Workplace.make("bench", null, false);
    OwnLog.into(workplace.log());
    EmbeddedPostgresSettings settings =
        EmbeddedPostgresSettings.from(
            ConfigFactory.load().getConfig("copyhold.postgres.embedded"),
            workplace.directory().resolve("pg"));
    try (EmbeddedPostgres server = EmbeddedPostgres.start(settings)) {
      run(server, count, out);
      return 0;
    } finally {
      workplace.remove();
    }
  }

  private void run(EmbeddedPostgres server, int count, PrintStream out) throws Exception {
    List<Script> scripts = FleetFiles.scripts();
    Database admin = server.database("postgres");
    out.printf(
        Locale.ROOT,
        "fleet: %d schemas, %d files each, %d threads; %s, fsync on; %s%n",
        count,
        scripts.size(),
        threads,
        Machine.version(admin),
        Machine.describe());
    int few = Math.max(2, count / FLOOR_SHARE);
    try (FleetSide copyhold = new CopyholdFleet(admin, scripts, threads);
        FleetSide flyway = new FlywayFleet(admin, "flyway", scripts.size(), threads, false);
        FleetSide pooled = new FlywayFleet(admin, "flyway_pooled", scripts.size(), threads, true);
        FleetSide plain = new PlainFleet(admin, scripts, threads)) {
      List<Entry> entries =
          List.of(
              new Entry(copyhold, count),
              new Entry(flyway, count),
              new Entry(plain, few),
              new Entry(pooled, count));
      Map<FleetSide, Figures> figures = measure(server, entries);
      for (Entry entry : entries) {
        out.println(of(figures, entry.side()).line(entry.side().name()));
      }
      out.println(Machine.describe());
      out.println(
          result(
              of(figures, copyhold),
              List.of(of(figures, flyway), of(figures, pooled)),
              of(figures, plain)));
    }
  }

  private Map<FleetSide, Figures> measure(EmbeddedPostgres server, List<Entry> entries)
      throws Exception {
    for (Entry entry : entries) { // so that nobody pays for cold code
      int warm = Math.max(WARM_MIN, entry.homes() / WARM_SHARE);
      round(server, entry.side(), names("warm", 0, quick ? 2 : warm));
    }
    Map<FleetSide, Figures> figures = new HashMap<>();
    for (int round = 0; round < ROUNDS; round++) {
      List<Entry> order = new ArrayList<>(round % 2 == 0 ? entries : entries.reversed());
      for (Entry entry : order) {
        int from = entry.homes() * round / ROUNDS;
        int to = entry.homes() * (round + 1) / ROUNDS;
        Figures seen = round(server, entry.side(), names("bench", from, to));
        figures.merge(entry.side(), seen, Figures::plus);
      }
    }
    return figures;
  }

  private Figures round(EmbeddedPostgres server, FleetSide side, List<String> names)
      throws Exception {
    Together.each(
        names,
        threads,
        home -> {
          side.create(home);
          return true;
        });
    Machine.Moment begin = Machine.now(server.pid());
    Together.each(
        names,
        threads,
        home -> {
          side.apply(home);
          return true;
        });
    Machine.Moment applied = Machine.now(server.pid());
    Together.each(
        names,
        threads,
        home -> {
          side.requireCurrent(home);
          return true;
        });
    Machine.Moment current = Machine.now(server.pid());
    return new Figures(
        names.size(), Machine.between(begin, applied), Machine.between(applied, current));
  }

  private static List<String> names(String prefix, int from, int to) {
    return IntStream.range(from, to)
        .mapToObj(i -> String.format(Locale.ROOT, "%s%05d", prefix, i))
        .toList();
  }

  private static Figures of(Map<FleetSide, Figures> figures, FleetSide side) {
    return figures.getOrDefault(side, Figures.NONE);
  }

  private static String result(Figures ours, List<Figures> flyway, Figures plain) {
    double apply = flyway.stream().mapToDouble(Figures::perSecond).max().orElseThrow();
    double current = flyway.stream().mapToDouble(Figures::currentPerSecond).max().orElseThrow();
    double cpu = flyway.stream().mapToDouble(Figures::cpuMillis).min().orElseThrow();
    return String.format(
        Locale.ROOT,
        "RESULT fleet apply_ratio=%.2f current_ratio=%.2f cpu_ratio=%.2f plain_apply_ratio=%.2f"
            + " homes_per_s=%.1f flyway_homes_per_s=%.1f plain_homes_per_s=%.1f cpu_ms_per_home=%.1f"
            + " flyway_cpu_ms_per_home=%.1f plain_cpu_ms_per_home=%.1f current_homes_per_s=%.1f",
        ours.perSecond() / apply,
        ours.currentPerSecond() / current,
        cpu / ours.cpuMillis(),
        ours.perSecond() / plain.perSecond(),
        ours.perSecond(),
        apply,
        plain.perSecond(),
        ours.cpuMillis(),
        cpu,
        plain.cpuMillis(),
        ours.currentPerSecond());
  }
}
