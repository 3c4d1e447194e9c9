package io.copyhold.chaos.bench;

import io.copyhold.chaos.installation.Api;
import io.copyhold.chaos.installation.Installation;
import io.copyhold.chaos.installation.OwnLog;
import io.copyhold.chaos.installation.Workplace;
import io.copyhold.chaos.workload.Invoicing;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.postgres.Database;
import java.io.PrintStream;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Onboarding through the HTTP API of a whole installation (control database, two stores, one node
 * in a process of its own) against a plain JDBC loop that provisions the same on the same servers,
 * per isolation strategy and in alternating rounds. Then the directory is filled with onboarded
 * tenants, and read.
 */
@Command(
    name = "onboard",
    mixinStandardHelpOptions = true,
    description = {
      "Tenants per second until active, in three strategies, against a plain JDBC loop;",
      "then list, search and get over 10,000 tenants."
    })
@PortAdapter
final class OnboardBench implements Callable<Integer> {
  /** A tenth of the tenants, a twentieth of the directory. */
  private static final int QUICK_TENANTS = 10;

  private static final int QUICK_DIRECTORY = 500;

  @Option(
      names = "--tenants",
      description = "Measured tenants: 4 of 11 schema, 1 database, 6 pool (${DEFAULT-VALUE}).")
  private int tenants = 550;

  @Option(names = "--at-once", description = "Tenants under way at once (${DEFAULT-VALUE}).")
  private int atOnce = 16;

  @Option(
      names = "--directory",
      description = "Tenants onboarded in all before the directory is read (${DEFAULT-VALUE}).")
  private int directory = 10_000;

  @Option(
      names = "--fill-minutes",
      description = "Filling the directory ends after this (${DEFAULT-VALUE}).")
  private int fillMinutes = 8;

  @Option(names = "--quick", description = "A tenth of it: shows that it runs, not how fast.")
  private boolean quick;

  @Option(names = "--steps", description = "Also print how long each step took.")
  private boolean steps;

  @Override
  public Integer call() throws Exception {
    OnboardPlan plan =
        OnboardPlan.of(
            quick ? tenants / QUICK_TENANTS : tenants,
            atOnce,
            quick ? Math.min(directory, QUICK_DIRECTORY) : directory,
            Duration.ofMinutes(fillMinutes));
    Workplace workplace = Workplace.make("bench", null, false);
    OwnLog.into(workplace.log());
    boolean good = false;
    try (Installation installation = Installation.start(workplace.directory())) {
      Thread onCtrlC =
          Thread.ofPlatform()
              .unstarted(() -> {
                installation.close();
                workplace.remove();
              });
      Runtime.getRuntime().addShutdownHook(onCtrlC);
      measure(plan, installation, System.out);
      Runtime.getRuntime().removeShutdownHook(onCtrlC);
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

  private void measure(OnboardPlan plan, Installation installation, PrintStream out)
      throws Exception {
    try (Api api = installation.open()) {
      List<Database> servers =
          Installation.STORES.stream().map(installation::administrator).toList();
      out.printf(
          Locale.ROOT,
          "onboard: %d tenants of their own schema, %d of their own database, %d in pools, %d at once;"
              + " %s, two stores and one node on this machine; %s%n",
          plan.schemas(),
          plan.databases(),
          plan.pooled(),
          plan.atOnce(),
          version(servers.getFirst()),
          Machine.describe());
      Onboarding onboarding = new Onboarding(installation, api);
      onboarding.prepare(plan.directory() + plan.measured());
      try (PlainProvisioning plain =
              new PlainProvisioning(
                  servers, Invoicing.versions().stream().map(Invoicing.Version::sql).toList());
          ActiveTenants active = new ActiveTenants(installation.open())) {
        plain.prepare();
        Contest contest = new Contest(installation, onboarding, plain, active, plan.atOnce(), out);
        Contest.Sides schema = contest.run("schema", plan.schemas(), plain::schema);
        Contest.Sides database = contest.run("database", plan.databases(), plain::database);
        Contest.Sides pool = contest.run("pool", plan.pooled(), plain::pool);
        if (steps) {
          StepTimes.print(api.text("/metrics"), out);
        }
        int held = contest.fill(plan.directory(), plan.fillLimit());
        DirectoryReads reads = DirectoryReads.measure(installation, api, held, plan.reads(), out);
        out.println(Machine.describe());
        out.println(result(schema, database, pool, reads));
      }
    }
  }

  private static String result(
      Contest.Sides schema, Contest.Sides database, Contest.Sides pool, DirectoryReads reads) {
    return String.format(
        Locale.ROOT,
        "RESULT onboard %s %s %s tenants=%d list_p50_ms=%.1f list_p99_ms=%.1f page_p50_ms=%.1f"
            + " page_p99_ms=%.1f filter_p50_ms=%.1f filter_p99_ms=%.1f sort_p50_ms=%.1f"
            + " sort_p99_ms=%.1f search_p50_ms=%.1f search_p99_ms=%.1f get_p50_ms=%.1f"
            + " get_p99_ms=%.1f",
        schema.figures("schema"),
        database.figures("database"),
        pool.figures("pool"),
        reads.tenants(),
        reads.list().p50Ms(),
        reads.list().p99Ms(),
        reads.page().p50Ms(),
        reads.page().p99Ms(),
        reads.filter().p50Ms(),
        reads.filter().p99Ms(),
        reads.sort().p50Ms(),
        reads.sort().p99Ms(),
        reads.search().p50Ms(),
        reads.search().p99Ms(),
        reads.get().p50Ms(),
        reads.get().p99Ms());
  }

  private static @Nullable String version(Database server) throws Exception {
    try (Connection c = server.connect("copyhold-bench");
        Statement s = c.createStatement();
        ResultSet r = s.executeQuery("select 'PostgreSQL ' || current_setting('server_version')")) {
      r.next();
      return r.getString(1);
    }
  }
}
