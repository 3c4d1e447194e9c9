package io.copyhold.chaos.bench;

import com.typesafe.config.ConfigFactory;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.operation.FenceToken;
import io.copyhold.runtime.postgres.Database;
import io.copyhold.runtime.postgres.EmbeddedPostgres;
import io.copyhold.runtime.postgres.EmbeddedPostgresSettings;
import io.copyhold.runtime.postgres.Identifiers;
import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.store.DataStore;
import io.copyhold.tenants.store.Engine;
import io.copyhold.tenants.store.Fence;
import io.copyhold.tenants.store.LedgerRow;
import io.copyhold.tenants.store.LockPolicy;
import io.copyhold.tenants.store.Permits;
import io.copyhold.tenants.store.Script;
import io.copyhold.tenants.store.StoreAddress;
import io.copyhold.tenants.store.StoreSettings;
import io.copyhold.tenants.store.postgres.PostgresEngine;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntConsumer;
import java.util.stream.Stream;
import org.flywaydb.core.Flyway;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * A thousand schemas, five files of DDL each: our runner (fence, ledger, locks bounded, as an
 * operation's step calls it) against Flyway in a loop, on the same server, in turns. Then the pass
 * where all is current.
 */
@Command(
    name = "fleet",
    mixinStandardHelpOptions = true,
    description =
        "1,000 schemas, 5 DDL files, against Flyway: homes per second, CPU, current pass.")
@PortAdapter
final class FleetBench implements Callable<Integer> {
  private static final List<String> FILES =
      List.of(
          "V1__create_account.sql",
          "V2__create_order.sql",
          "V3__add_locale.sql",
          "V4__create_line.sql",
          "V5__index_article.sql");

  @Option(names = "--homes", description = "Schemas per side (${DEFAULT-VALUE}).")
  private int homes = 1_000;

  @Option(names = "--threads", description = "Homes worked on at once (${DEFAULT-VALUE}).")
  private int threads = 2;

  @Option(names = "--quick", description = "A tenth of it: shows that it runs, not how fast.")
  private boolean quick;

  /** One side's figures. */
  private record Side(Machine.Used apply, Machine.Used current) {}

  @Override
  public Integer call() throws Exception {
    int count = quick ? Math.max(10, homes / 10) : homes;
    Path directory = Files.createTempDirectory("copyhold-bench-");
    System.out.printf(
        Locale.ROOT,
        "fleet: %d schemas, %d files each, %d threads; %s%n",
        count,
        FILES.size(),
        threads,
        Machine.describe());
    EmbeddedPostgresSettings settings =
        EmbeddedPostgresSettings.from(
            ConfigFactory.load().getConfig("copyhold.postgres.embedded"), directory.resolve("pg"));
    directory.toFile().setExecutable(true, false);
    try (EmbeddedPostgres server = EmbeddedPostgres.start(settings)) {
      // A round of each first, so that neither pays for cold code.
      int warm = Math.max(5, count / 20);
      ours(server, "warm", warm);
      flyway(server, "warm", warm);
      Side flyway = flyway(server, "bench", count);
      print("Flyway", flyway, count);
      Side ours = ours(server, "bench", count);
      print("Copyhold", ours, count);
      System.out.println(Machine.describe());
      System.out.printf(
          Locale.ROOT,
          "RESULT fleet apply_ratio=%.2f current_ratio=%.2f cpu_ms_per_home=%.1f"
              + " flyway_cpu_ms_per_home=%.1f homes_per_s=%.1f current_homes_per_s=%.1f%n",
          ours.apply().perSecond(count) / flyway.apply().perSecond(count),
          ours.current().perSecond(count) / flyway.current().perSecond(count),
          ours.apply().cpuMillisPer(count),
          flyway.apply().cpuMillisPer(count),
          ours.apply().perSecond(count),
          ours.current().perSecond(count));
      return 0;
    } finally {
      delete(directory);
    }
  }

  private static void print(String name, Side side, int count) {
    System.out.printf(
        Locale.ROOT,
        "  %-9s apply %7.1f homes/s, %6.1f CPU-ms each; current %8.1f homes/s, %6.2f CPU-ms each%n",
        name,
        side.apply().perSecond(count),
        side.apply().cpuMillisPer(count),
        side.current().perSecond(count),
        side.current().cpuMillisPer(count));
  }

  private Side ours(EmbeddedPostgres server, String prefix, int count) throws Exception {
    Database admin = server.database("postgres");
    Engine engine =
        new PostgresEngine(
            StoreSettings.from(ConfigFactory.load().getConfig("copyhold.store")),
            Permits.local(16, Duration.ofSeconds(60)));
    StoreAddress address =
        new StoreAddress(
            "bench",
            StoreAddress.POSTGRESQL,
            admin.host(),
            admin.port(),
            admin.user(),
            "secret:bench",
            StoreAddress.SHARED_DATABASE,
            "disable",
            threads + 2);
    Engine.Opened opened = engine.open(address, _ -> admin.password().get());
    try {
      DataStore store = opened.store();
      store.prepare();
      List<Script> scripts = scripts();
      all(count, i -> store.createHome(home(prefix, i), "bench", fence(prefix, i, "create")));
      Machine.Moment begin = Machine.now(server.pid());
      all(
          count,
          i -> {
            for (Script script : scripts) {
              store.apply(
                  home(prefix, i), script, fence(prefix, i, script.file()), LockPolicy.DEFAULT);
            }
          });
      Machine.Moment applied = Machine.now(server.pid());
      all(count, i -> requireCurrent(store.ledger(home(prefix, i)), scripts));
      Machine.Moment current = Machine.now(server.pid());
      return new Side(Machine.between(begin, applied), Machine.between(applied, current));
    } finally {
      opened.close().run();
    }
  }

  /** The same question that Flyway answers: is every file there, unchanged. */
  private static void requireCurrent(List<LedgerRow> ledger, List<Script> scripts) {
    for (int i = 0; i < scripts.size(); i++) {
      if (i >= ledger.size() || !ledger.get(i).checksum().equals(scripts.get(i).checksum())) {
        throw new IllegalStateException("not current: " + scripts.get(i));
      }
    }
  }

  private Side flyway(EmbeddedPostgres server, String prefix, int count) throws Exception {
    Database database = server.database("flyway_" + prefix);
    try (Connection c = server.database("postgres").connect("copyhold-bench");
        Statement s = c.createStatement()) {
      s.execute("CREATE DATABASE " + Identifiers.quote(database.name()));
    }
    try (Connection c = database.connect("copyhold-bench");
        Statement s = c.createStatement()) {
      for (int i = 0; i < count; i++) {
        s.execute("CREATE SCHEMA " + Identifiers.quote(name(prefix, i)));
      }
    }
    Machine.Moment begin = Machine.now(server.pid());
    all(count, i -> requireApplied(migrate(database, name(prefix, i)), FILES.size()));
    Machine.Moment applied = Machine.now(server.pid());
    all(count, i -> requireApplied(migrate(database, name(prefix, i)), 0));
    Machine.Moment current = Machine.now(server.pid());
    requireTables(database, count);
    return new Side(Machine.between(begin, applied), Machine.between(applied, current));
  }

  private static int migrate(Database database, String schema) {
    return Flyway.configure()
        .dataSource(database.jdbcUrl(), database.user(), database.password().get())
        .schemas(schema)
        .defaultSchema(schema)
        .locations("classpath:io/copyhold/chaos/bench/fleet")
        .load()
        .migrate()
        .migrationsExecuted;
  }

  private static void requireApplied(int applied, int expected) {
    if (applied != expected) {
      throw new IllegalStateException("Flyway applied " + applied + " files, not " + expected);
    }
  }

  private static void requireTables(Database database, int count) throws Exception {
    try (Connection c = database.connect("copyhold-bench");
        Statement s = c.createStatement();
        ResultSet r =
            s.executeQuery("SELECT count(*) FROM pg_tables WHERE tablename = 'purchase'")) {
      r.next();
      if (r.getInt(1) != count) {
        throw new IllegalStateException(r.getInt(1) + " of " + count + " homes have the table");
      }
    }
  }

  private void all(int count, IntConsumer work) throws InterruptedException, ExecutionException {
    try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      List<Future<?>> parts = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        int first = t;
        parts.add(
            pool.submit(() -> {
              for (int i = first; i < count; i += threads) {
                work.accept(i);
              }
            }));
      }
      for (Future<?> part : parts) {
        part.get();
      }
    }
  }

  private static HomeRef home(String prefix, int index) {
    return new HomeRef("bench", Isolation.SCHEMA, name(prefix, index));
  }

  private static String name(String prefix, int index) {
    return String.format(Locale.ROOT, "%s%05d", prefix, index);
  }

  private static Fence fence(String prefix, int index, String step) {
    EntityRef owner = new EntityRef("tenant", name(prefix, index));
    return new Fence(
        owner.operation("migrate/1"),
        owner,
        new FenceToken(1, 1),
        prefix + index + step,
        1,
        Fence.OnStop.NEVER);
  }

  private static List<Script> scripts() throws IOException {
    List<Script> scripts = new ArrayList<>();
    for (String file : FILES) {
      try (InputStream in = FleetBench.class.getResourceAsStream("fleet/" + file)) {
        if (in == null) {
          throw new IllegalStateException("no resource fleet/" + file);
        }
        int position = scripts.size() + 1;
        scripts.add(
            Script.of(
                "bench",
                position,
                Integer.toString(position),
                file,
                new String(in.readAllBytes(), StandardCharsets.UTF_8)));
      }
    }
    return scripts;
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
