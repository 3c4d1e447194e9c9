package io.copyhold.chaos.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.config.secret.InMemorySecrets;
import io.copyhold.config.secret.Secret;
import io.copyhold.config.secret.SecretRef;
import io.copyhold.http.node.Wiring;
import io.copyhold.migration.MigrationOperations;
import io.copyhold.migration.schema.HealthSignals;
import io.copyhold.migration.schema.StepPorts;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.entity.EntityTypes;
import io.copyhold.runtime.operation.OperationEntity;
import io.copyhold.runtime.operation.OperationTypes;
import io.copyhold.tenants.changelog.Target;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.placement.Candidates;
import io.copyhold.tenants.placement.Homes;
import io.copyhold.tenants.store.LockPolicy;
import io.copyhold.tenants.store.Script;
import io.copyhold.tenants.store.Store;
import io.copyhold.tenants.tenant.Profile;
import io.copyhold.tenants.tenant.Tenant;
import io.copyhold.tenants.tenant.TenantCommand;
import io.copyhold.tenants.tenant.Wish;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Onboarding one tenant with everything of the product but sockets, disks and real time: entities,
 * engine, agenda, steps. Nodes die at every event, stores fail, messages get lost, two nodes own
 * the tenant; the tenant ends with its home, and each effect has happened once.
 */
final class OnboardingSimulationTest {
  private static final EntityTypes TYPES = new EntityTypes(Wiring.stored());
  private static final EntityRef ACME = new EntityRef("tenant", "acme");
  private static final EntityRef STORE = new EntityRef("store", "eu-1");
  private static final Duration LIMIT = Duration.ofMinutes(30);
  private static final Target TARGET =
      new Target("billing", "2", List.of("1", "2"), true, "digest-of-both");
  private static final List<Script> SCRIPTS =
      List.of(
          Script.of("billing", 1, "1", "V1__a.sql", "create table a ()"),
          Script.of("billing", 2, "2", "V2__b.sql", "create table b ()"));
  private static final List<String> EXPECTED =
      List.of("create acme", "login acme", "script acme 1", "script acme 2");

  /** One run and its faults. */
  private static final class Run implements AutoCloseable {
    private final SimWorld world;
    private final SimStores stores;
    private long events;
    private int started;
    private @Nullable String violation;

    Run(long seed) {
      List<OperationTypes> operations = new ArrayList<>();
      world = new SimWorld(seed, TYPES, operations::getFirst);
      stores = new SimStores(world.loop());
      operations.add(
          new OperationTypes(
              MigrationOperations.all(
                  new StepPorts(
                      stores,
                      new InMemorySecrets(),
                      _ -> SCRIPTS,
                      new OnlyStore(),
                      new NoHomes(),
                      () -> Secret.random(world.loop().random()),
                      HealthSignals.NONE,
                      LockPolicy.DEFAULT))));
      world.observe(written -> {
        events++;
        wantedMeansRow(written.entity());
      });
      start();
    }

    void start() {
      world.start("n" + ++started);
    }

    /**
     * Whoever wants operations has a row that wakes it: checked at the moment an event is durable.
     */
    private void wantedMeansRow(EntityRef entity) {
      boolean wanted =
          switch (entity.type()) {
            case "tenant" ->
                !Tenant.TYPE.operations(world.state(Tenant.TYPE, entity.id())).isEmpty();
            case "store" -> !Store.TYPE.operations(world.state(Store.TYPE, entity.id())).isEmpty();
            default -> false;
          };
      if (wanted && !world.agenda().has(entity, "operations")) {
        violation = entity + " wants operations and has no row";
      }
    }

    void at(long event, Runnable fault) {
      world.observe(_ -> {
        if (events == event) {
          world.loop().after("world", Duration.ZERO, fault);
        }
      });
    }

    /** From an empty cluster to a live tenant. */
    List<String> onboard() {
      world.client(STORE, new Store.Command.Register(registration()), "register");
      reach("the store is ready", () -> ready(world.state(Store.TYPE, "eu-1")));
      world.client(ACME, new TenantCommand.Onboard(profile(), wish(), false), "onboard");
      reach("the tenant is live", () -> world.state(Tenant.TYPE, "acme") instanceof Tenant.Live);
      assertThat(violation).isNull();
      return stores.store("eu-1").effects();
    }

    private void reach(String what, java.util.function.BooleanSupplier reached) {
      assertThat(world.run(reached, LIMIT))
          .as(
              "%s, after %s events; operation %s, tenant %s, store %s",
              what,
              events,
              world.state(OperationEntity.TYPE, "tenant/acme/provision/1"),
              world.state(Tenant.TYPE, "acme"),
              world.state(Store.TYPE, "eu-1"))
          .isTrue();
    }

    @Override
    public void close() {
      world.close();
    }
  }

  private static final class OnlyStore implements Candidates {
    @Override
    public List<Candidate> stores(String region, String tier) {
      return List.of(new Candidate("eu-1", 0, 10));
    }

    @Override
    public List<Candidate> pools(String region, String tier, String changelog) {
      return List.of();
    }
  }

  private static final class NoHomes implements Homes {
    @Override
    public List<StoreCount> stores(String changelog, Selector selector) {
      return List.of();
    }

    @Override
    public List<Entry> page(
        String changelog, Selector selector, String store, @Nullable String after, int limit) {
      return List.of();
    }
  }

  private static boolean ready(Store store) {
    return store instanceof Store.Registered r && r.health() instanceof Store.Health.Ready;
  }

  private static Store.Registration registration() {
    return new Store.Registration(
        "eu-1",
        "postgresql",
        "db.example",
        5432,
        "admin",
        new SecretRef("stores/eu-1/admin").toString(),
        null,
        null,
        "eu",
        "standard",
        new Store.Capacity(10, 10, 2),
        List.of());
  }

  private static Profile profile() {
    return new Profile("acme", "Acme", "pro", "eu", "standard", Map.of(), List.of());
  }

  private static Wish wish() {
    return new Wish(Isolation.SCHEMA, null, null, TARGET);
  }

  @Test
  void aTenantGetsItsHome() {
    try (Run run = new Run(1)) {
      assertThat(run.onboard()).isEqualTo(EXPECTED);
    }
  }

  @Test
  void aCrashAtEachEventLeavesNothingHalfDoneAndNothingDoneTwice() {
    long events;
    try (Run clean = new Run(1)) {
      clean.onboard();
      events = clean.events;
    }
    assertThat(events).isGreaterThan(20);
    for (long event = 1; event <= events; event++) {
      try (Run run = new Run(1)) {
        run.at(
            event,
            () -> {
              run.world.kill("n1");
              run.start();
            });
        assertThat(run.onboard()).as("crash at event %s of %s", event, events).isEqualTo(EXPECTED);
      }
    }
  }

  @Test
  void failingStoresAndALossyNetworkChangeNoResult() {
    for (long seed = 1; seed <= seeds(); seed++) {
      try (Run run = new Run(seed)) {
        run.world.faults(0.1, 0.1);
        run.stores.store("eu-1").failCalls(0.2);
        run.world.disk().failWrites(0.02);
        run.at(
            10 + seed % 25,
            () -> {
              run.world.kill("n1");
              run.start();
            });
        assertThat(run.onboard()).as("seed %s", seed).isEqualTo(EXPECTED);
      }
    }
  }

  @Test
  void twoOwnersAtOnceDoNothingTwice() {
    long conflicts = 0;
    for (long seed = 1; seed <= seeds(); seed++) {
      try (Run run = new Run(seed)) {
        run.start();
        run.world.forceOwner(ACME, "client", "n1");
        run.world.forceOwner(ACME, "n1", "n1");
        run.world.forceOwner(ACME, "n2", "n2");
        for (long event = 13 + seed % 5; event < 60; event += 3) { // from the onboarding on
          run.at(event, () -> run.world.wake("n2", ACME, "operations"));
        }
        run.at(
            22 + seed % 15,
            () -> {
              run.world.kill("n1");
              run.world.healOwners();
            });
        assertThat(run.onboard()).as("seed %s", seed).isEqualTo(EXPECTED);
        conflicts += run.world.disk().conflicts();
      }
    }
    assertThat(conflicts).as("writes of a second owner that were refused").isPositive();
  }

  @Test
  void theSameSeedGivesTheSameRun() {
    assertThat(trace(7)).isEqualTo(trace(7)).isNotEqualTo(trace(8));
  }

  private static long trace(long seed) {
    try (Run run = new Run(seed)) {
      run.world.faults(0.1, 0.1);
      run.stores.store("eu-1").failCalls(0.1);
      run.onboard();
      return run.world.loop().trace();
    }
  }

  private static long seeds() {
    return Long.getLong("copyhold.simulation.seeds", 15);
  }
}
