package io.copyhold.tenants.store.postgres;

import static io.copyhold.tenants.store.postgres.StoreFixture.fence;
import static io.copyhold.tenants.store.postgres.StoreFixture.fresh;
import static io.copyhold.tenants.store.postgres.StoreFixture.script;
import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.store.LockPolicy;
import io.copyhold.tenants.store.Permits;
import io.copyhold.tenants.store.RegisteredStores;
import io.copyhold.tenants.store.StoreAddress;
import io.copyhold.tenants.store.postgres.session.Sql;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A node that is killed in the middle of a long script holds nobody up: its server session ends.
 */
class KilledRunnerTest {
  private static final String LONG = "create table half (a int); select pg_sleep(6000)";

  private final StoreFixture fixture = StoreFixture.shared();

  @ParameterizedTest
  @EnumSource(Isolation.class)
  void theNextAttemptEndsTheOrphanOfAKilledOne(Isolation isolation) throws Exception {
    String name = fresh("orphan");
    HomeRef home = fixture.homeWith(isolation, name, name);
    String database = fixture.store().connection(home, name).database();
    Process runner = runner(home);
    try (Connection root = fixture.superuser(database)) {
      List<String> pids = List.of();
      long tries = 0;
      while (pids.isEmpty()) {
        assertThat(runner.isAlive()).as("the runner works").isTrue();
        assertThat(++tries).as("waits for the script to begin").isLessThan(6_000);
        TimeUnit.MILLISECONDS.sleep(20);
        pids = sleeping(root);
      }
      runner.destroyForcibly().waitFor();
      assertThat(sleeping(root)).as("the server does not notice by itself").isEqualTo(pids);
      assertThat(
              fixture
                  .store()
                  .apply(
                      home,
                      script(
                          2,
                          "create table whole (tenant_id text not null default copyhold.tenant(),"
                              + " primary key (tenant_id))"),
                      fence(name, "migrate/2", 1, 2, 1),
                      LockPolicy.DEFAULT)
                  .already())
          .isFalse();
      assertThat(sleeping(root)).isEmpty();
      assertThat(Sql.strings(root, "select to_regclass('half')::text"))
          .containsExactly((String) null);
    } finally {
      runner.destroyForcibly();
    }
  }

  private List<String> sleeping(Connection root) throws Exception {
    return Sql.strings(
        root,
        "select pid::text from pg_stat_activity where datname = current_database() and usename = ?"
            + " and state = 'active' and query like '%pg_sleep(6000)%'",
        fixture.address().user());
  }

  private Process runner(HomeRef home) throws Exception {
    StoreAddress at = fixture.address();
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            Runner.class.getName(),
            at.host(),
            "" + at.port(),
            at.user(),
            at.sharedDatabase(),
            home.isolation().name(),
            home.name());
    return builder
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  /** Another node, which applies the long script as the first attempt. */
  static final class Runner {
    private Runner() {}

    public static void main(String[] args) {
      StoreAddress address =
          new StoreAddress(
              "store",
              StoreAddress.POSTGRESQL,
              args[0],
              Integer.parseInt(args[1]),
              args[2],
              "secret/store",
              args[3],
              "disable",
              8);
      try (RegisteredStores stores =
          new RegisteredStores(
              List.of(
                  new PostgresEngine(
                      StoreFixture.settings(),
                      StoreFixture.ddl(),
                      StoreFixture.backfill(),
                      Permits.local(8, Duration.ofSeconds(30)))),
              _ -> address,
              _ -> StoreFixture.SECRET)) {
        stores
            .open(address)
            .apply(
                new HomeRef("store", Isolation.valueOf(args[4]), args[5]),
                script(2, LONG),
                fence(args[5], "migrate/2", 1, 1, 1),
                LockPolicy.DEFAULT);
      }
    }
  }
}
