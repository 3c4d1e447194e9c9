package io.copyhold.chaos.bench;

import com.typesafe.config.ConfigFactory;
import io.copyhold.chaos.installation.OwnLog;
import io.copyhold.chaos.installation.Together;
import io.copyhold.chaos.installation.Workplace;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.postgres.Database;
import io.copyhold.runtime.postgres.EmbeddedPostgres;
import io.copyhold.runtime.postgres.EmbeddedPostgresSettings;
import java.io.PrintStream;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Three durable steps that do nothing, in a closed loop: our engine against DBOS Transact on the
 * same server, in rounds that change who goes first; only one of them lives at a time. Then what of
 * that is the journal's, against a bare group commit. Processor time is counted over all processes:
 * the engine, the server's backends, and the loop that drives them.
 */
@Command(
    name = "operations",
    mixinStandardHelpOptions = true,
    description = {
      "Durable operations of three trivial steps, 1, 16 and 64 in flight, against DBOS Transact:",
      "latency and CPU over all processes; and our journal against a bare group commit."
    })
@PortAdapter
final class OperationsBench implements Callable<Integer> {
  private static final List<Integer> AT_ONCE = List.of(1, 16, 64);

  /** What the journal's part is measured with: as many as an operation of three steps stores. */
  private static final int APPENDS = 5;

  private static final int WARM_QUICK = 400;

  /** In each further round: connections are open, and our node owns all its thirty shards. */
  private static final int AGAIN = 400;

  private static final int PAYLOAD_BYTES = 200;

  @Option(names = "--rounds", description = "Of each side (${DEFAULT-VALUE}).")
  private int rounds = 4;

  @Option(names = "--seconds", description = "Each measurement of a round (${DEFAULT-VALUE}).")
  private double seconds = 5;

  @Option(
      names = "--warm",
      description =
          "Operations of each side before anything is counted (${DEFAULT-VALUE}); with fewer, the"
              + " compiler is measured.")
  private int warm = 10_000;

  @Option(names = "--quick", description = "A fraction of it: shows that it runs, not how fast.")
  private boolean quick;

  @Option(names = "--only", description = "One side, to look at it: ${COMPLETION-CANDIDATES}.")
  private @org.jspecify.annotations.Nullable Side only;

  /** Who is measured. */
  enum Side {
    COPYHOLD,
    DBOS,
    JOURNAL,
    FLOOR;

    String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private record Cell(Side side, int atOnce) {}

  private final Map<Cell, OperationsFigures> figures = new HashMap<>();
  private final AtomicInteger ids = new AtomicInteger();

  @Override
  public Integer call() throws Exception {
    PrintStream out = System.out;
    Workplace workplace = Workplace.make("bench", null, false);
    OwnLog.into(workplace.log());
    EmbeddedPostgresSettings settings =
        EmbeddedPostgresSettings.from(
            ConfigFactory.load().getConfig("copyhold.postgres.embedded"),
            workplace.directory().resolve("pg"));
    boolean good = false;
    try (EmbeddedPostgres server = EmbeddedPostgres.start(settings)) {
      run(server, out);
      good = true;
    } finally {
      if (good) {
        workplace.remove();
      } else {
        workplace.removeButLogs();
        System.err.println("The log is " + workplace.log());
      }
    }
    return 0;
  }

  private void run(EmbeddedPostgres server, PrintStream out) throws Exception {
    Database admin = server.database("postgres");
    int of = quick ? 2 : rounds;
    Duration each = Duration.ofMillis((long) (quick ? 700 : seconds * 1_000));
    out.printf(
        Locale.ROOT,
        "operations: 3 steps each, %d rounds of %.1f s per side and number in flight; DBOS Transact"
            + " %s; %s, fsync on; %s%n",
        of,
        each.toMillis() / 1e3,
        dev.dbos.transact.DBOS.version(),
        Machine.version(admin),
        Machine.describe());
    Map<Side, Database> databases = databases(server);
    List<Side> order = only == null ? List.of(Side.values()) : List.of(only);
    for (int round = 0; round <= of; round++) { // the first is not counted: cold code
      for (Side side : round % 2 == 0 ? order : order.reversed()) {
        round(server, databases, side, each, round > 0);
      }
    }
    for (Side side : order) {
      for (int atOnce : AT_ONCE) {
        out.println(of(side, atOnce).line(side.label(), atOnce));
      }
    }
    out.println(Machine.describe());
    if (only == null) {
      out.println(result());
    }
  }

  private static Map<Side, Database> databases(EmbeddedPostgres server) throws SQLException {
    Map<Side, Database> databases = new EnumMap<>(Side.class);
    try (Connection c = server.database("postgres").connect("copyhold-bench");
        Statement s = c.createStatement()) {
      for (Side side : Side.values()) {
        s.execute("create database bench_" + side.label());
        databases.put(side, server.database("bench_" + side.label()));
      }
    }
    return databases;
  }

  private void round(
      EmbeddedPostgres server,
      Map<Side, Database> databases,
      Side side,
      Duration each,
      boolean counted)
      throws Exception {
    Database database = java.util.Objects.requireNonNull(databases.get(side));
    switch (side) {
      case COPYHOLD -> {
        try (CopyholdOperations copyhold = new CopyholdOperations(database)) {
          measure(server, side, copyhold, each, counted);
        }
      }
      case DBOS -> {
        try (DbosOperations dbos = new DbosOperations(database)) {
          measure(server, side, dbos, each, counted);
        }
      }
      case JOURNAL -> {
        try (CopyholdOperations node = new CopyholdOperations(database);
            JournalOperations journal = new JournalOperations(node, APPENDS, PAYLOAD_BYTES)) {
          some(node, AGAIN);
          measure(server, side, journal, each, counted);
        }
      }
      case FLOOR -> {
        try (FloorOperations floor = new FloorOperations(database, APPENDS, PAYLOAD_BYTES)) {
          measure(server, side, floor, each, counted);
        }
      }
    }
  }

  private void some(OperationsSide work, int count) throws Exception {
    Together.each(
        IntStream.range(0, count).boxed().toList(),
        64,
        _ -> {
          work.run("o" + ids.incrementAndGet());
          return true;
        });
  }

  private void measure(
      EmbeddedPostgres server, Side side, OperationsSide work, Duration each, boolean counted)
      throws Exception {
    if (!counted) {
      some(work, quick ? Math.min(WARM_QUICK, warm) : warm);
      return;
    }
    some(work, AGAIN);
    for (int atOnce : AT_ONCE) {
      OperationsFigures seen = of(side, atOnce);
      Machine.Moment begin = Machine.now(server.pid());
      int done = loop(work, atOnce, each, seen.latencies());
      seen.add(done, Machine.between(begin, Machine.now(server.pid())));
    }
  }

  /** As many callers as are in flight, each with one operation after the other until time is up. */
  private int loop(OperationsSide work, int atOnce, Duration each, Latencies latencies)
      throws Exception {
    long end = System.nanoTime() + each.toNanos();
    List<Integer> done =
        Together.each(
            IntStream.range(0, atOnce).boxed().toList(),
            atOnce,
            _ -> {
              int mine = 0;
              do {
                long begin = System.nanoTime();
                work.run("o" + ids.incrementAndGet());
                latencies.record(System.nanoTime() - begin);
                mine++;
              } while (System.nanoTime() < end);
              return mine;
            });
    return done.stream().mapToInt(Integer::intValue).sum();
  }

  private OperationsFigures of(Side side, int atOnce) {
    return figures.computeIfAbsent(new Cell(side, atOnce), _ -> new OperationsFigures());
  }

  /** Ratios at 16 in flight, unless the key says otherwise. */
  private String result() {
    List<String> keys = new ArrayList<>();
    keys.add(number("cpu_ratio_vs_dbos", ratio(Side.DBOS, Side.COPYHOLD, 16)));
    keys.add(number("p50_ms_at_1", of(Side.COPYHOLD, 1).p50Ms()));
    keys.add(number("p99_ms_at_16", of(Side.COPYHOLD, 16).p99Ms()));
    keys.add(number("cpu_ms_per_operation", of(Side.COPYHOLD, 16).cpuMs()));
    keys.add(number("dbos_cpu_ms", of(Side.DBOS, 16).cpuMs()));
    keys.add(number("journal_vs_floor", ratio(Side.JOURNAL, Side.FLOOR, 16)));
    for (int atOnce : List.of(1, 64)) {
      keys.add(number("cpu_ratio_at_" + atOnce, ratio(Side.DBOS, Side.COPYHOLD, atOnce)));
      keys.add(number("journal_vs_floor_at_" + atOnce, ratio(Side.JOURNAL, Side.FLOOR, atOnce)));
    }
    keys.add(number("dbos_p50_ms_at_1", of(Side.DBOS, 1).p50Ms()));
    keys.add(number("dbos_p99_ms_at_16", of(Side.DBOS, 16).p99Ms()));
    return "RESULT operations " + String.join(" ", keys);
  }

  private double ratio(Side over, Side under, int atOnce) {
    return of(over, atOnce).cpuMs() / of(under, atOnce).cpuMs();
  }

  private static String number(String key, double value) {
    return String.format(Locale.ROOT, "%s=%.3f", key, value);
  }
}
