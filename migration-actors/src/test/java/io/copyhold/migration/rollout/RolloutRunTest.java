package io.copyhold.migration.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.config.secret.InMemorySecrets;
import io.copyhold.config.secret.Secret;
import io.copyhold.migration.rollout.Rollout.Command;
import io.copyhold.migration.rollout.Rollout.Plan;
import io.copyhold.migration.rollout.Rollout.Size;
import io.copyhold.migration.schema.HealthSignals;
import io.copyhold.migration.schema.Shelf;
import io.copyhold.migration.schema.StepPorts;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.EntityWorld;
import io.copyhold.runtime.entity.OperationRequest;
import io.copyhold.runtime.entity.Outcome;
import io.copyhold.runtime.operation.StepHarness;
import io.copyhold.runtime.operation.StepHarness.Crash;
import io.copyhold.runtime.operation.StepHarness.Result;
import io.copyhold.tenants.Samples;
import io.copyhold.tenants.changelog.Target;
import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.placement.Candidates;
import io.copyhold.tenants.placement.Homes;
import io.copyhold.tenants.pool.Pool;
import io.copyhold.tenants.pool.PoolType;
import io.copyhold.tenants.store.DataStore;
import io.copyhold.tenants.store.DataStores;
import io.copyhold.tenants.store.LockPolicy;
import io.copyhold.tenants.store.StoreAddress;
import io.copyhold.tenants.tenant.Home;
import io.copyhold.tenants.tenant.Profile;
import io.copyhold.tenants.tenant.Tenant;
import io.copyhold.tenants.tenant.TenantCommand;
import io.copyhold.tenants.tenant.TenantType;
import io.copyhold.tenants.tenant.Wish;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A rollout's steps over tenants and pools in memory whose migrations take a while and sometimes
 * fail.
 */
class RolloutRunTest {
  private static final Target V2 = Samples.target("invoicing", true, "1", "2");
  private static final Target V3 = Samples.target("invoicing", true, "1", "2", "3");
  private static final EntityRef ROLLOUT = RolloutType.ref("summer");

  private final EntityWorld world = new EntityWorld(Tenant.TYPE, Pool.TYPE, Rollout.TYPE);
  private final Set<String> broken = new HashSet<>();
  private final Map<String, Integer> mostAtOnce = new HashMap<>();
  private final List<EntityRef> order = new ArrayList<>();
  private double metric;

  @ParameterizedTest
  @EnumSource(Crash.class)
  void allHomesGetThere(Crash crash) {
    tenants(60);
    pool("shared");
    assertThat(run(plan(2, new Size.Count(0)), crash))
        .isEqualTo(new Rollout.Result(61, 61, 0, 0, List.of()));
    for (EntityRef owner : world.all()) {
      if (!owner.equals(ROLLOUT)) {
        assertThat(world.summary(owner).path("schemaVersion").asText()).isEqualTo("3");
      }
    }
    assertThat(mostAtOnce).hasSize(3).allSatisfy((_, most) -> assertThat(most).isBetween(1, 2));
  }

  @Test
  void aWaveTakesItsShareAndNoMore() {
    tenants(60);
    StepHarness harness = start(plan(8, new Size.Count(0), new Size.Percent(10)), Crash.NEVER);
    assertThat(harness.names())
        .containsExactly(
            "count",
            "wave-1",
            "budget-wave-1",
            "on-budget-wave-1",
            "wave-rest",
            "budget-wave-rest",
            "on-budget-wave-rest",
            "sweep",
            "result");
    harness.forward(2);
    assertThat(order).hasSize(6);
    harness.forward();
    assertThat(order).hasSize(60);
  }

  @Test
  void tooManyFailuresStopAndAsk() {
    tenants(60);
    for (int i = 0; i < 60; i += 2) {
      broken.add(id(i));
    }
    StepHarness harness = start(plan(2, new Size.Count(3), new Size.Percent(50)), Crash.NEVER);
    assertThat(harness.forward()).isEqualTo(new Result.Waiting("budget"));
    assertThat(order.size()).isLessThan(30);
    assertThat(harness.forward()).isEqualTo(new Result.Waiting("budget"));
    Result.Done done = (Result.Done) harness.forward();
    assertThat(done.data().get("result").path("failed").asInt()).isEqualTo(30);
    assertThat(done.data().get("result").path("done").asInt()).isEqualTo(30);
    assertThat(done.data().get("result").path("samples")).hasSize(RolloutType.SAMPLES_MAX);
  }

  @Test
  void failuresWithinTheBudgetAreCounted() {
    tenants(30);
    broken.add(id(3));
    broken.add(id(4));
    Rollout.Result result = run(plan(4, new Size.Percent(10)), Crash.EVERYWHERE);
    assertThat(result.done()).isEqualTo(28);
    assertThat(result.failed()).isEqualTo(2);
    assertThat(result.samples())
        .extracting(Rollout.Sample::problem)
        .containsExactly("script-failed", "script-failed");
  }

  @ParameterizedTest
  @EnumSource(Crash.class)
  void onlyWhatFailedIsTriedAgain(Crash crash) {
    tenants(30);
    broken.add(id(3));
    broken.add(id(4));
    run(plan(4, new Size.Percent(10)), crash);
    order.clear();
    broken.remove(id(3));
    world.with(ROLLOUT, new Command.RetryFailed());
    Rollout.Result result = finish(operation(crash));
    assertThat(order).containsExactlyInAnyOrder(TenantType.ref(id(3)), TenantType.ref(id(4)));
    assertThat(result.done()).isEqualTo(1);
    assertThat(result.failed()).isEqualTo(1);
    assertThat(world.summary(TenantType.ref(id(3))).path("schemaVersion").asText()).isEqualTo("3");
  }

  @Test
  void theSameHomesGoFirstFromRolloutToRollout() {
    tenants(60);
    StepHarness first = start(plan(8, new Size.Count(0), new Size.Percent(10)), Crash.NEVER);
    first.forward(2);
    List<EntityRef> early = List.copyOf(order);
    finish(first);
    order.clear();
    Plan next =
        new Plan(
            "autumn",
            Samples.target("invoicing", true, "1", "2", "3", "4"),
            Homes.Selector.ALL,
            List.of(new Size.Percent(20)),
            8,
            new Size.Count(0),
            0,
            false);
    StepHarness second =
        StepHarness.of(
                run(new Listed()),
                RolloutType.ref("autumn"),
                "rollout/1",
                new Rollout.Input(next, "rollout/autumn/1", null),
                world,
                Crash.NEVER)
            .whenWaiting(_ -> workOff());
    second.forward(2);
    assertThat(order).hasSize(12).containsAll(early);
  }

  @Test
  void aHealthCheckHoldsTheRolloutUpUntilItHolds() {
    tenants(10);
    metric = 9;
    Plan checked =
        new Plan(
            "summer",
            V3,
            Homes.Selector.ALL,
            List.of(new Size.Count(2)),
            4,
            new Size.Count(0),
            30,
            false,
            null,
            null,
            List.of(new Rollout.Check(new Rollout.Probe.Metric("errors", null, 5.0), 3, 10)));
    StepHarness harness = start(checked, Crash.EVERYWHERE);
    var before = world.now();
    assertThat(harness.forward()).isEqualTo(new Result.Waiting("health"));
    assertThat(order).hasSize(2);
    assertThat(world.now()).as("soak and retries").isAfterOrEqualTo(before.plusSeconds(50));
    assertThat(world.summary(ROLLOUT).path("state").asText()).isEqualTo("halted");
    assertThat(world.summary(ROLLOUT).path("problem").asText()).isEqualTo("health-gate");
    metric = 1;
    assertThat(harness.forward()).isInstanceOf(Result.Done.class);
    assertThat(order).hasSize(10);
  }

  @Test
  void aRateOfFailuresHaltsAndFailuresAreGroupedByCause() {
    tenants(60);
    for (int i = 0; i < 60; i += 3) {
      broken.add(id(i));
    }
    Plan rated =
        new Plan(
            "summer",
            V3,
            Homes.Selector.ALL,
            List.of(),
            2,
            new Size.Percent(100),
            0,
            false,
            4,
            new Rollout.Rate(25, 10),
            null);
    StepHarness harness = start(rated, Crash.NEVER);
    assertThat(harness.forward()).isEqualTo(new Result.Waiting("budget"));
    assertThat(order.size()).isBetween(10, 40);
    Rollout.Result result = finish(harness);
    assertThat(result.failed()).isEqualTo(20);
    assertThat(result.done()).isEqualTo(40);
    assertThat(result.causes())
        .singleElement()
        .satisfies(cause -> assertThat(cause.homes()).isEqualTo(20));
  }

  @ParameterizedTest
  @EnumSource(Crash.class)
  void aWaveIsTakenBackAndNoOther(Crash crash) {
    tenants(30);
    pool("shared");
    run(plan(4, new Size.Count(0), new Size.Count(5)), crash);
    List<EntityRef> early = order.stream().distinct().toList().subList(0, 5);
    order.clear();
    world.with(ROLLOUT, new Command.RollBack("wave-1"));
    Rollout.Result result = finish(operation(crash));
    assertThat(result.done()).isEqualTo(5);
    assertThat(order).containsExactlyInAnyOrderElementsOf(early);
    for (EntityRef owner : world.all()) {
      if (!owner.equals(ROLLOUT)) {
        assertThat(world.summary(owner).path("schemaVersion").asText())
            .isEqualTo(early.contains(owner) ? "2" : "3");
      }
    }
    world.with(ROLLOUT, new Command.RollBack(null));
    assertThat(finish(operation(crash)).done()).isEqualTo(26);
    assertThat(world.summary(ROLLOUT).path("state").asText()).isEqualTo("rolled-back");
  }

  @Test
  void anApprovalIsAwaitedBeforeEachFurtherWave() {
    tenants(10);
    StepHarness harness =
        start(
            new Plan(
                "summer",
                V3,
                Homes.Selector.ALL,
                List.of(new Size.Count(2), new Size.Count(5)),
                4,
                new Size.Count(0),
                60,
                true),
            Crash.NEVER);
    var before = world.now();
    assertThat(harness.forward()).isEqualTo(new Result.Waiting("wave-2"));
    assertThat(order).hasSize(2);
    assertThat(world.now()).isAfterOrEqualTo(before.plusSeconds(60));
    assertThat(harness.forward()).isEqualTo(new Result.Waiting("wave-rest"));
    assertThat(order).hasSize(5);
    assertThat(harness.forward()).isInstanceOf(Result.Done.class);
    assertThat(order).hasSize(10);
  }

  @Test
  void homesThatAreThereAreNotAskedAgain() {
    tenants(40);
    run(plan(4, new Size.Count(0)), Crash.NEVER);
    order.clear();
    Rollout.Result result =
        finish(
            StepHarness.of(
                run(new Listed()),
                RolloutType.ref("again"),
                "rollout/1",
                new Rollout.Input(plan(4, new Size.Count(0)), "rollout/again/1", null),
                world,
                Crash.NEVER));
    assertThat(result).isEqualTo(new Rollout.Result(40, 40, 0, 0, List.of()));
    assertThat(order).isEmpty();
  }

  @Test
  void tenThousandHomesWithNothingToDoStartNothing() {
    List<Homes.Entry> all = new ArrayList<>();
    for (int i = 0; i < 10_000; i++) {
      all.add(
          new Homes.Entry(
              TenantType.ref("idle-" + String.format("%05d", i)),
              "store-" + i % 4,
              "3",
              null,
              null,
              null,
              new Homes.Traits("idle", Isolation.SCHEMA, "pro", "eu", "gold", List.of())));
    }
    Remembered listed = new Remembered(all);
    Result.Done done =
        (Result.Done)
            StepHarness.of(
                    run(listed),
                    ROLLOUT,
                    "rollout/1",
                    new Rollout.Input(
                        plan(4, new Size.Count(0), new Size.Percent(10)), "rollout/summer/1", null),
                    world,
                    Crash.NEVER)
                .forward();
    assertThat(done.data().get("result").path("done").asInt()).isEqualTo(10_000);
    assertThat(world.all()).as("nobody was asked").isEmpty();
    assertThat(listed.pages)
        .as("count, two waves and a sweep, a page at a time")
        .isLessThan(4 * 48);
  }

  @Test
  void aTenantThatLeavesMeanwhileIsSkipped() {
    tenants(10);
    Listed stale = new Listed();
    List<Homes.Entry> remembered = stale.entries();
    world.with(
        TenantType.ref(id(5)), new TenantCommand.Offboard(id(5)), new TenantCommand.RecordDone(2));
    StepHarness harness =
        StepHarness.of(
                run(new Remembered(remembered)),
                ROLLOUT,
                "rollout/1",
                new Rollout.Input(plan(4, new Size.Count(0)), "rollout/summer/1", null),
                world,
                Crash.EVERYWHERE)
            .whenWaiting(_ -> workOff());
    Result.Done done = (Result.Done) harness.forward();
    assertThat(done.data().get("result").path("skipped").asInt()).isEqualTo(1);
    assertThat(done.data().get("result").path("done").asInt()).isEqualTo(9);
  }

  @Test
  void aThousandHomesFitIntoItsCheckpoints() {
    tenants(1_000);
    assertThat(run(plan(RolloutType.PER_STORE_MAX, new Size.Count(0)), Crash.NEVER).done())
        .isEqualTo(1_000);
  }

  /** Steps that touch no store. */
  private RolloutRun run(Homes homes) {
    return new RolloutRun(
        new StepPorts(
            new NoStores(),
            new InMemorySecrets(),
            new Shelf("invoicing"),
            new NoCandidates(),
            homes,
            () -> Secret.of("none"),
            new HealthSignals() {
              @Override
              public int status(URI url, Duration limit) {
                throw new AssertionError("no address is asked");
              }

              @Override
              public OptionalDouble metric(String name) {
                return OptionalDouble.of(metric);
              }
            },
            LockPolicy.DEFAULT));
  }

  private Rollout.Result run(Plan plan, Crash crash) {
    return finish(start(plan, crash));
  }

  private StepHarness start(Plan plan, Crash crash) {
    world.with(ROLLOUT, new Command.Start(plan));
    return operation(crash);
  }

  private StepHarness operation(Crash crash) {
    OperationRequest request = world.operations(ROLLOUT).getFirst();
    return StepHarness.of(run(new Listed()), ROLLOUT, request.id(), request.input(), world, crash)
        .whenWaiting(time -> {
          world.advance(time);
          workOff();
        });
  }

  private Rollout.Result finish(StepHarness harness) {
    Outcome outcome = harness.outcome();
    if (world.operations(ROLLOUT).size() == 1) {
      world.settle(ROLLOUT, world.operations(ROLLOUT).getFirst().id(), outcome);
    }
    return io.copyhold.runtime.journal.Mappers.JSON.convertValue(
        ((Outcome.Done) outcome).data().get("result"), Rollout.Result.class);
  }

  /** Ends every second migration that runs, and notes how many ran at once. */
  private void workOff() {
    Map<String, Integer> now = new HashMap<>();
    boolean end = true;
    for (EntityRef owner : world.all()) {
      if (owner.type().equals("rollout")) {
        continue;
      }
      for (OperationRequest request : world.operations(owner)) {
        now.merge(world.summary(owner).path("store").asText(), 1, Integer::sum);
        if (end) {
          order.add(owner);
          world.settle(
              owner,
              request.id(),
              broken.contains(owner.id())
                  ? new Outcome.Undone(Problem.conflict("script-failed", "line 3"))
                  : new Outcome.Done(Map.of()));
        }
        end = !end;
      }
    }
    now.forEach((store, count) -> mostAtOnce.merge(store, count, Math::max));
  }

  private void tenants(int count) {
    for (int i = 0; i < count; i++) {
      Home home =
          new Home(
              new HomeRef("store-" + i % 3, Isolation.SCHEMA, id(i)),
              1,
              "invoicing",
              "2",
              1,
              false);
      world.with(
          TenantType.ref(id(i)),
          new TenantCommand.Onboard(
              new Profile(id(i), "T", "pro", "eu", "gold", Map.of(), List.of()),
              new Wish(Isolation.SCHEMA, null, null, V2),
              false),
          new TenantCommand.RecordHome(1, home));
    }
  }

  private void pool(String name) {
    world.with(
        PoolType.ref(name),
        new Pool.Command.Create(new Pool.Spec(name, "store-0", "eu", "gold", V2, 9, List.of())),
        new Pool.Command.RecordCreated(1));
  }

  private static String id(int i) {
    return String.format("tenant-%04d", i);
  }

  private static Plan plan(int perStore, Size budget, Size... waves) {
    return new Plan("summer", V3, Homes.Selector.ALL, List.of(waves), perStore, budget, 0, false);
  }

  /** A rollout asks no store, but for its health. */
  private static final class NoStores implements DataStores {
    @Override
    public DataStore open(StoreAddress address) {
      throw new AssertionError("no store is asked");
    }

    @Override
    public DataStore get(String store) {
      throw new AssertionError("no store is asked");
    }

    @Override
    public void forget(String store) {}

    @Override
    public void close() {}
  }

  private static final class NoCandidates implements Candidates {
    @Override
    public List<Candidate> stores(String region, String tier) {
      return List.of();
    }

    @Override
    public List<Candidate> pools(String region, String tier, String changelog) {
      return List.of();
    }
  }

  /** Lists what the world holds. */
  private class Listed implements Homes {
    List<Entry> entries() {
      return world.all().stream()
          .filter(owner -> world.summary(owner).has("schemaVersion") && !owner.equals(ROLLOUT))
          .map(owner -> Homes.entry(owner, world.summary(owner)))
          .sorted(Comparator.comparing(entry -> entry.owner().toString()))
          .toList();
    }

    @Override
    public List<StoreCount> stores(String changelog, Selector selector) {
      Map<String, Long> counts = new TreeMap<>();
      entries().forEach(entry -> counts.merge(entry.store(), 1L, Long::sum));
      return counts.entrySet().stream()
          .map(count -> new StoreCount(count.getKey(), count.getValue()))
          .toList();
    }

    @Override
    public List<Entry> page(
        String changelog, Selector selector, String store, @Nullable String after, int limit) {
      return entries().stream()
          .filter(entry -> entry.store().equals(store))
          .filter(entry -> after == null || entry.owner().toString().compareTo(after) > 0)
          .limit(limit)
          .toList();
    }
  }

  /** A list that is behind. */
  private final class Remembered extends Listed {
    private final List<Entry> entries;
    private int pages;

    private Remembered(List<Entry> entries) {
      this.entries = entries;
    }

    @Override
    List<Entry> entries() {
      return entries;
    }

    @Override
    public List<Entry> page(
        String changelog, Selector selector, String store, @Nullable String after, int limit) {
      pages++;
      return super.page(changelog, selector, store, after, limit);
    }
  }
}
