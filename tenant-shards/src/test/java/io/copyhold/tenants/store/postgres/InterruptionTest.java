package io.copyhold.tenants.store.postgres;

import static io.copyhold.tenants.store.postgres.StoreFixture.CUSTOMERS;
import static io.copyhold.tenants.store.postgres.StoreFixture.PASSWORD;
import static io.copyhold.tenants.store.postgres.StoreFixture.fence;
import static io.copyhold.tenants.store.postgres.StoreFixture.fresh;
import static io.copyhold.tenants.store.postgres.StoreFixture.script;
import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.store.DataStore;
import io.copyhold.tenants.store.Fence;
import io.copyhold.tenants.store.LockPolicy;
import io.copyhold.tenants.store.Script;
import io.copyhold.tenants.store.postgres.session.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The control plane's sessions are killed again and again while a tenant comes and goes; every
 * attempt has a higher token, as the engine's have. It ends as if nothing had happened.
 */
class InterruptionTest {
  private static final long SEED = Long.getLong("copyhold.test.seed", 7401);
  private static final int ATTEMPTS_MAX = 300;

  private final StoreFixture fixture =
      StoreFixture.on(StoreFixture.server(), "createdb createrole");
  private final DataStore store = fixture.store();
  private final AtomicInteger attempts = new AtomicInteger();
  private final AtomicInteger kills = new AtomicInteger();

  @ParameterizedTest
  @EnumSource(Isolation.class)
  void aLifeWithKilledSessionsEndsLikeAnyOther(Isolation isolation) throws Exception {
    store.prepare();
    String tenant = fresh("acme");
    HomeRef home = fixture.home(isolation, tenant);
    List<String> before = objects();
    AtomicBoolean calm = new AtomicBoolean();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<?> killer = threads.submit(() -> kill(calm));
      for (int life = 0; life < 3; life++) {
        String number = "/" + (life + 1);
        persist("provision" + number, tenant, f -> store.createHome(home, "invoicing", f));
        persist("provision" + number, tenant, f -> store.addTenant(home, tenant, PASSWORD, f));
        List<Script> scripts =
            List.of(
                script(1, CUSTOMERS),
                script(
                    2,
                    "create table counted (tenant_id text not null default copyhold.tenant(),"
                        + " n int, primary key (tenant_id, n)); alter table invoice add x int"),
                script(
                    3,
                    Script.NO_TRANSACTION
                        + "\ncreate index concurrently by_name on customer (tenant_id, name)"));
        for (Script it : scripts) {
          persist("provision" + number, tenant, f -> store.apply(home, it, f, LockPolicy.DEFAULT));
        }
        assertThat(patiently(() -> store.verifyIsolation(home))).isEmpty();
        assertThat(patiently(() -> store.ledger(home))).hasSize(3);
        persist("suspend" + number, tenant, f -> store.suspendTenant(home, tenant, f));
        persist("resume" + number, tenant, f -> store.resumeTenant(home, tenant, f));
        try (Connection c = fixture.login(home, tenant)) {
          Sql.run(
              c,
              "insert into customer (id, name) select n, n::text from generate_series(1, 9000) n");
        }
        persist("offboard" + number, tenant, f -> store.removeTenant(home, tenant, f));
        persist("offboard" + number, tenant, f -> store.dropHome(home, f));
        assertThat(objects()).as("nothing left, seed %s", SEED).isEqualTo(before);
      }
      calm.set(true);
      killer.get(120, TimeUnit.SECONDS);
    }
    assertThat(kills.get()).as("sessions killed").isPositive();
  }

  /**
   * As the engine does: the same key, a higher token, until it goes through; only "not now" may
   * come between.
   */
  private void persist(String operation, String tenant, Consumer<Fence> step) {
    patiently(() -> {
      step.accept(fence(tenant, operation, 1, attempts.incrementAndGet(), 1));
      return true;
    });
  }

  private static <T> T patiently(java.util.function.Supplier<T> call) {
    for (int i = 0; i < ATTEMPTS_MAX; i++) {
      try {
        return call.get();
      } catch (ProblemException e) {
        assertThat(e.problem().kind())
            .as("%s, seed %s", e.problem(), SEED)
            .isEqualTo(Problem.Kind.UNAVAILABLE);
      }
    }
    throw new AssertionError("never went through");
  }

  /** Ends the control role's sessions at random moments, so that every statement has its turn. */
  private void kill(AtomicBoolean calm) {
    Random random = new Random(SEED);
    try (Connection root = fixture.superuser("postgres")) {
      while (!calm.get()) {
        TimeUnit.MILLISECONDS.sleep(random.nextInt(250));
        kills.addAndGet(
            Sql.list(
                    root,
                    "select pg_terminate_backend(pid) from pg_stat_activity where usename = ?",
                    r -> 1,
                    fixture.address().user())
                .size());
      }
    } catch (SQLException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private List<String> objects() throws SQLException {
    try (Connection c = fixture.superuser(fixture.address().sharedDatabase())) {
      return Sql.strings(
          c,
          "select 'role ' || rolname from pg_roles union all select 'database ' || datname from"
              + " pg_database union all select 'schema ' || nspname from pg_namespace where nspname !~"
              + " '^pg_(toast_)?temp' order by 1");
    }
  }
}
