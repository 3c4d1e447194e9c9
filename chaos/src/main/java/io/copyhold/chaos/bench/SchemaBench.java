package io.copyhold.chaos.bench;

import com.typesafe.config.ConfigFactory;
import io.copyhold.chaos.installation.OwnLog;
import io.copyhold.chaos.installation.Workplace;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.postgres.EmbeddedPostgres;
import io.copyhold.runtime.postgres.EmbeddedPostgresSettings;
import java.io.PrintStream;
import java.sql.SQLException;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Values filled in by our backfill and by one plain keyset UPDATE loop, on the same server with
 * fsync, in rounds that change who goes first, each on a table as new.
 */
@Command(
    name = "schema",
    mixinStandardHelpOptions = true,
    description = "Backfill of a live table against a plain keyset UPDATE loop: rows per second.")
@PortAdapter
final class SchemaBench implements Callable<Integer> {
  private static final int ROUNDS = 4;
  private static final int QUICK_SHARE = 20;

  @Option(names = "--rows", description = "Rows per side and round (${DEFAULT-VALUE}).")
  private int rows = 400_000;

  @Option(names = "--quick", description = "A twentieth of it: shows that it runs, not how fast.")
  private boolean quick;

  @Override
  public Integer call() throws Exception {
    int count = quick ? Math.max(1_000, rows / QUICK_SHARE) : rows;
    PrintStream out = System.out;
    Workplace workplace = Workplace.make("bench", null, false);
    OwnLog.into(workplace.log());
    EmbeddedPostgresSettings settings =
        EmbeddedPostgresSettings.from(
            ConfigFactory.load().getConfig("copyhold.postgres.embedded"),
            workplace.directory().resolve("pg"));
    try (EmbeddedPostgres server = EmbeddedPostgres.start(settings);
        BackfillSides sides = new BackfillSides(server.database("postgres"), "backfill")) {
      out.printf(
          Locale.ROOT,
          "backfill: %d rows, %d rounds; %s, fsync on; %s%n",
          count,
          ROUNDS,
          Machine.version(server.database("postgres")),
          Machine.describe());
      run(server, sides, count, out);
      return 0;
    } finally {
      workplace.remove();
    }
  }

  private static void run(EmbeddedPostgres server, BackfillSides sides, int count, PrintStream out)
      throws SQLException {
    int warm = Math.max(1_000, count / 10); // so that nobody pays for cold code
    ours(server, sides, "warm", warm);
    plain(server, sides, warm);
    Machine.Used ours = Machine.Used.NOTHING;
    Machine.Used plain = Machine.Used.NOTHING;
    for (int round = 0; round < ROUNDS; round++) {
      String name = "round" + round;
      if (round % 2 == 0) {
        ours = ours.plus(ours(server, sides, name, count));
        plain = plain.plus(plain(server, sides, count));
      } else {
        plain = plain.plus(plain(server, sides, count));
        ours = ours.plus(ours(server, sides, name, count));
      }
    }
    int all = count * ROUNDS;
    out.println(line("Copyhold", ours, all));
    out.println(line("plain loop", plain, all));
    out.println(Machine.describe());
    out.printf(
        Locale.ROOT,
        "RESULT schema backfill_ratio=%.2f backfill_rows_per_s=%.0f plain_rows_per_s=%.0f"
            + " backfill_cpu_ratio=%.2f%n",
        ours.perSecond(all) / plain.perSecond(all),
        ours.perSecond(all),
        plain.perSecond(all),
        plain.cpuMillisPer(all) / ours.cpuMillisPer(all));
  }

  private static Machine.Used ours(
      EmbeddedPostgres server, BackfillSides sides, String table, int count) throws SQLException {
    sides.fresh(table, count);
    Machine.Moment begin = Machine.now(server.pid());
    sides.ours(table);
    Machine.Moment end = Machine.now(server.pid());
    sides.requireDone(table, count);
    return Machine.between(begin, end);
  }

  private static Machine.Used plain(EmbeddedPostgres server, BackfillSides sides, int count)
      throws SQLException {
    sides.fresh("plain", count);
    Machine.Moment begin = Machine.now(server.pid());
    sides.plain("plain");
    Machine.Moment end = Machine.now(server.pid());
    sides.requireDone("plain", count);
    return Machine.between(begin, end);
  }

  private static String line(String side, Machine.Used used, int rows) {
    return String.format(
        Locale.ROOT,
        "%-10s %.0f rows/s, %.4f ms of processor time each",
        side,
        used.perSecond(rows),
        used.cpuMillisPer(rows));
  }
}
