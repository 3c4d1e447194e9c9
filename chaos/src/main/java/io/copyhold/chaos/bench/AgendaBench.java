package io.copyhold.chaos.bench;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.copyhold.chaos.installation.OwnLog;
import io.copyhold.chaos.installation.Together;
import io.copyhold.chaos.installation.Workplace;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.agenda.Agenda;
import io.copyhold.runtime.agenda.AgendaSettings;
import io.copyhold.runtime.agenda.PostgresAgenda;
import io.copyhold.runtime.journal.JournalSchema;
import io.copyhold.runtime.postgres.ControlDatabase;
import io.copyhold.runtime.postgres.ControlSchema;
import io.copyhold.runtime.postgres.Database;
import io.copyhold.runtime.postgres.EmbeddedPostgres;
import io.copyhold.runtime.postgres.EmbeddedPostgresSettings;
import java.io.PrintStream;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The agenda against a bare queue table on the same server: rows put (upserted, by many callers,
 * one row each) against one multi-row INSERT after the other; then, among a million rows, those due
 * at once handed out to four workers and taken away, against DELETE … SKIP LOCKED.
 */
@Command(
    name = "agenda",
    mixinStandardHelpOptions = true,
    description = {
      "Alarms put and handed out per second, among a million,",
      "against a bare INSERT and SELECT … SKIP LOCKED on the same server."
    })
@PortAdapter
final class AgendaBench implements Callable<Integer> {
  private static final int QUICK_SHARE = 20;
  private static final int WORKERS = 4;
  private static final int CALLERS = 256;
  private static final int TAKE = 500;
  private static final Instant FAR = Instant.parse("2999-01-01T00:00:00Z");
  private static final Instant PAST = Instant.parse("2020-01-01T00:00:00Z");

  @Option(names = "--alarms", description = "Rows planned in all (${DEFAULT-VALUE}).")
  private int alarms = 1_000_000;

  @Option(names = "--due", description = "Rows due within one second (${DEFAULT-VALUE}).")
  private int due = 100_000;

  @Option(names = "--quick", description = "A twentieth of it: shows that it runs, not how fast.")
  private boolean quick;

  @Override
  public Integer call() throws Exception {
    int rows = quick ? Math.max(2_000, alarms / QUICK_SHARE) : alarms;
    int dueRows = Math.min(rows / 2, quick ? Math.max(1_000, due / QUICK_SHARE) : due);
    Workplace workplace = Workplace.make("bench", null, false);
    OwnLog.into(workplace.log());
    Config config = ConfigFactory.load();
    EmbeddedPostgresSettings settings =
        EmbeddedPostgresSettings.from(
            config.getConfig("copyhold.postgres.embedded"), workplace.directory().resolve("pg"));
    try (EmbeddedPostgres server = EmbeddedPostgres.start(settings);
        ExecutorService blocking = Executors.newVirtualThreadPerTaskExecutor()) {
      Database database = server.database("postgres");
      BenchPool.Open pool = BenchPool.open(database, WORKERS);
      try {
        new ControlSchema(JournalSchema.parts(), Duration.ofMinutes(1)).apply(pool.connections());
        run(
            database,
            new PostgresAgenda(
                new ControlDatabase(pool.connections(), blocking),
                "bench",
                AgendaSettings.from(config)),
            rows,
            dueRows,
            System.out);
      } finally {
        pool.close();
      }
      return 0;
    } finally {
      workplace.remove();
    }
  }

  private static void run(Database database, Agenda agenda, int rows, int due, PrintStream out)
      throws Exception {
    out.printf(
        Locale.ROOT,
        "agenda: %d alarms, %d of them due at once, %d callers, %d workers; %s, fsync on; %s%n",
        rows,
        due,
        CALLERS,
        WORKERS,
        Machine.version(database),
        Machine.describe());
    put(agenda, "w", rows / QUICK_SHARE, FAR); // neither pays for cold code
    try (Plain warm = new Plain(database)) {
      warm.insert(rows / QUICK_SHARE);
    }
    double putPerS = put(agenda, "a", rows - due, FAR);
    put(agenda, "d", due, PAST);
    try (Plain plain = new Plain(database)) {
      double insertPerS = plain.insert(rows);
      plain.makeDue(due);
      double skipPerS = plain.take();
      double duePerS = take(agenda, due);
      out.printf(
          Locale.ROOT,
          "  put: %.0f/s, bare INSERT of %d rows each: %.0f/s%n",
          putPerS,
          TAKE,
          insertPerS);
      out.printf(
          Locale.ROOT,
          "  due: %.0f/s handed out and taken away, bare SKIP LOCKED: %.0f/s%n",
          duePerS,
          skipPerS);
      out.println(Machine.describe());
      out.printf(
          Locale.ROOT,
          "RESULT agenda put_per_s=%.0f due_per_s=%.0f ratio_vs_plain_insert=%.3f"
              + " ratio_vs_plain_skip_locked=%.3f alarms=%d due=%d%n",
          putPerS,
          duePerS,
          putPerS / insertPerS,
          duePerS / skipPerS,
          rows,
          due);
    }
  }

  /** Each caller puts one row and waits for it, as an entity does. */
  private static double put(Agenda agenda, String prefix, int count, Instant when)
      throws Exception {
    long begin = System.nanoTime();
    Together.each(
        IntStream.range(0, CALLERS).boxed().toList(),
        CALLERS,
        caller -> {
          for (int i = caller; i < count; i += CALLERS) {
            agenda
                .put(List.of(new Agenda.Row(new EntityRef("bench", prefix + i), "alarm", when)))
                .toCompletableFuture()
                .get();
          }
          return true;
        });
    return count / seconds(begin);
  }

  /** Hands out until nothing is due; what was handed out goes, as after its event. */
  private static double take(Agenda agenda, int due) throws Exception {
    long begin = System.nanoTime();
    List<Integer> taken =
        Together.each(
            IntStream.range(0, WORKERS).boxed().toList(),
            WORKERS,
            range -> {
              int mine = 0;
              while (true) {
                List<Agenda.Due> some =
                    agenda
                        .take(range, WORKERS, TAKE, Duration.ofHours(1))
                        .toCompletableFuture()
                        .get();
                if (some.isEmpty()) {
                  return mine;
                }
                List<java.util.concurrent.CompletableFuture<Void>> gone = new ArrayList<>();
                for (Agenda.Due row : some) {
                  gone.add(agenda.remove(row.entity(), List.of(row.name())).toCompletableFuture());
                }
                for (var one : gone) {
                  one.get();
                }
                mine += some.size();
              }
            });
    int all = taken.stream().mapToInt(Integer::intValue).sum();
    if (all != due) {
      throw new IllegalStateException(all + " rows were handed out, not " + due);
    }
    return all / seconds(begin);
  }

  private static double seconds(long begin) {
    return (System.nanoTime() - begin) / 1e9;
  }

  /** The bare queue: a table with the same key and one index. */
  private static final class Plain implements AutoCloseable {
    private final Database database;

    Plain(Database database) throws Exception {
      this.database = database;
      execute(
          "CREATE TABLE plain (entity text, name text, due timestamptz, PRIMARY KEY (entity, name))");
      execute("CREATE INDEX plain_due ON plain (due)");
    }

    private void execute(String sql) throws Exception {
      try (Connection c = database.connect("copyhold-bench");
          Statement s = c.createStatement()) {
        s.execute(sql);
      }
    }

    double insert(int count) throws Exception {
      long begin = System.nanoTime();
      try (Connection c = database.connect("copyhold-bench");
          var s =
              c.prepareStatement(
                  "INSERT INTO plain SELECT 'bench/p' || i, 'alarm', '2999-01-01'::timestamptz"
                      + " FROM generate_series(?::int, ?::int) AS i")) {
        for (int from = 0; from < count; from += TAKE) {
          s.setInt(1, from);
          s.setInt(2, Math.min(count, from + TAKE) - 1);
          s.executeUpdate();
        }
      }
      return count / seconds(begin);
    }

    void makeDue(int count) throws Exception {
      try (Connection c = database.connect("copyhold-bench");
          var s =
              c.prepareStatement(
                  "UPDATE plain SET due = '2020-01-01' WHERE ctid = ANY"
                      + " (ARRAY(SELECT ctid FROM plain LIMIT ?))")) {
        s.setInt(1, count);
        s.executeUpdate();
      }
    }

    double take() throws Exception {
      long begin = System.nanoTime();
      List<Integer> taken =
          Together.each(
              IntStream.range(0, WORKERS).boxed().toList(),
              WORKERS,
              _ -> {
                int mine = 0;
                try (Connection c = database.connect("copyhold-bench");
                    var s =
                        c.prepareStatement(
                            "DELETE FROM plain WHERE ctid = ANY (ARRAY(SELECT ctid FROM plain"
                                + " WHERE due <= clock_timestamp() ORDER BY due LIMIT ?"
                                + " FOR UPDATE SKIP LOCKED))")) {
                  s.setInt(1, TAKE);
                  for (int some = s.executeUpdate(); some > 0; some = s.executeUpdate()) {
                    mine += some;
                  }
                }
                return mine;
              });
      return taken.stream().mapToInt(Integer::intValue).sum() / seconds(begin);
    }

    @Override
    public void close() throws Exception {
      execute("DROP TABLE plain");
    }
  }
}
