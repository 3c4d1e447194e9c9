package io.copyhold.migration.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.config.secret.SecretRef;
import io.copyhold.migration.rollout.Rollout.Check;
import io.copyhold.migration.rollout.Rollout.Command;
import io.copyhold.migration.rollout.Rollout.Matching;
import io.copyhold.migration.rollout.Rollout.Plan;
import io.copyhold.migration.rollout.Rollout.Probe;
import io.copyhold.migration.rollout.Rollout.Rate;
import io.copyhold.migration.rollout.Rollout.Size;
import io.copyhold.migration.schema.Works;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.entity.OperationRequest;
import io.copyhold.runtime.entity.Outcome;
import io.copyhold.runtime.operation.StepHarness;
import io.copyhold.runtime.operation.StepHarness.Crash;
import io.copyhold.runtime.operation.StepHarness.Result;
import io.copyhold.tenants.changelog.Target;
import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.placement.Homes;
import io.copyhold.tenants.pool.Pool;
import io.copyhold.tenants.pool.PoolType;
import io.copyhold.tenants.store.postgres.StoreFixture;
import io.copyhold.tenants.tenant.Home;
import io.copyhold.tenants.tenant.Profile;
import io.copyhold.tenants.tenant.TenantCommand;
import io.copyhold.tenants.tenant.TenantType;
import io.copyhold.tenants.tenant.Wish;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Sixty tenants in three strategies on a real server, through a rollout that is previewed, halts at
 * poisoned tenants, goes on, tries the failed ones again and is taken back; and through one that is
 * given up.
 */
class RolloutStoryTest {
  private static final int DATABASES = 6;
  private static final int SCHEMAS = 30;
  private static final int POOLED = 24;
  private static final int POISONED = 7;
  private static final String CANARY = "canary";

  private final Works works =
      new Works(StoreFixture.on(StoreFixture.server(), "createdb createrole"));
  private final List<String> tenants = new ArrayList<>();
  private final List<EntityRef> homes = new ArrayList<>();
  private final Set<EntityRef> asked = new HashSet<>();

  @Test
  void aRolloutFromItsPreviewToTheWayBack() throws SQLException {
    works.store().prepare();
    works.shelf.add("V1__customers.sql", StoreFixture.CUSTOMERS);
    Target first = works.shelf.target();
    populate(first);
    works
        .shelf
        .add("V2__names.sql", "alter table customer add constraint named check (length(name) > 2)")
        .undo("U2__names.sql", "alter table customer drop constraint named");

    Plan plan = plan("names", works.shelf.target("2"));
    Preview preview = Preview.of(works.ports.homes(), plan);
    assertThat(preview.total()).isEqualTo(homes.size());
    assertThat(preview.there()).isZero();
    assertThat(preview.waves())
        .extracting(Preview.Part::wave)
        .containsExactly("wave-1", "wave-2", "wave-rest");
    assertThat(preview.waves().getFirst().named()).hasSize(3);
    assertThat(asked).isEmpty();

    // The canaries pass, and their health is asked; then too many fail.
    EntityRef rollout = RolloutType.ref("names");
    works.world.with(rollout, new Command.Start(plan));
    StepHarness run = operation(rollout);
    assertThat(run.forward()).isEqualTo(new Result.Waiting("budget"));
    JsonNode halted = works.world.summary(rollout);
    assertThat(halted.path("state").asText()).isEqualTo("halted");
    assertThat(halted.path("problem").asText()).isEqualTo("failure-budget");
    assertThat(asked.size()).as("the budget saves the others").isLessThan(homes.size());

    // A person says to go on: the rest is taken, failures are passed over and grouped.
    Result.Done done = goOn(run);
    settle(rollout, done);
    Rollout.Result result = result(done);
    assertThat(result.failed()).isEqualTo(POISONED);
    assertThat(result.drifted()).isEqualTo(1);
    assertThat(result.done()).isEqualTo(homes.size() - POISONED - 1);
    assertThat(result.causes())
        .singleElement()
        .satisfies(cause -> {
          assertThat(cause.homes()).isEqualTo(POISONED);
          assertThat(cause.cause()).startsWith("script-failed: SQLSTATE 23514");
        });
    assertThat(result.samples())
        .contains(new Rollout.Sample(TenantType.ref(schema(0)).toString(), "shape-drifted"));

    // Mended: only the failed ones and the drifted one are asked again.
    for (int i = 1; i <= POISONED; i++) {
      sql(TenantType.ref(schema(i)), "update customer set name = 'mended' where name = 'x'");
    }
    accept(TenantType.ref(schema(0)));
    asked.clear();
    works.world.with(rollout, new Command.RetryFailed());
    done = goOn(operation(rollout));
    settle(rollout, done);
    assertThat(asked).hasSize(POISONED + 1);
    assertThat(result(done).failed() + result(done).drifted()).isZero();
    assertThat(versions()).containsOnly("2");

    // Nothing is left to do: nobody is asked.
    asked.clear();
    EntityRef again = RolloutType.ref("again");
    works.world.with(again, new Command.Start(plan("again", works.shelf.target("2"))));
    assertThat(result(goOn(operation(again))).done()).isEqualTo(homes.size());
    assertThat(asked).isEmpty();

    // The canaries' wave is taken back alone, with what was written since; then all.
    write(tenants);
    works.world.with(rollout, new Command.RollBack("wave-1"));
    assertThat(works.world.summary(rollout).path("state").asText()).isEqualTo("rolling-back");
    done = goOn(operation(rollout));
    settle(rollout, done);
    assertThat(result(done).done()).isEqualTo(3);
    assertThat(versions().stream().filter("1"::equals)).hasSize(3);
    works.world.with(rollout, new Command.RollBack(null));
    done = goOn(operation(rollout));
    settle(rollout, done);
    assertThat(works.world.summary(rollout).path("state").asText()).isEqualTo("rolled-back");
    assertThat(result(done).done()).isEqualTo(homes.size() - 3);
    assertThat(versions()).containsOnly("1");
    for (String tenant : tenants) {
      assertThat(ask(tenant, "select count(*)::text from customer where name = 'written'"))
          .as(tenant)
          .isEqualTo("1");
    }

    // Without a way back nothing is touched, and it is said why.
    works.shelf.add("V3__more.sql", "alter table invoice add column more int");
    EntityRef more = RolloutType.ref("more");
    works.world.with(
        more,
        new Command.Start(narrow("more", works.shelf.target("3"), List.of(schema(1), schema(2)))));
    settle(more, goOn(operation(more)));
    works.world.with(more, new Command.RollBack(null));
    done = goOn(operation(more));
    settle(more, done);
    assertThat(result(done).failed()).isEqualTo(2);
    assertThat(result(done).causes().getFirst().cause())
        .startsWith("undo-missing: version … has no way back");
    assertThat(works.world.summary(TenantType.ref(schema(1))).path("schemaVersion").asText())
        .isEqualTo("3");

    // Given up after its canaries: they keep the version, the others were never asked.
    asked.clear();
    EntityRef abandoned = RolloutType.ref("abandoned");
    works.world.with(abandoned, new Command.Start(plan("abandoned", works.shelf.target("3"))));
    StepHarness begun = operation(abandoned);
    begun.forward(2);
    works.world.settle(
        abandoned, works.world.operations(abandoned).getFirst().id(), new Outcome.Cancelled());
    assertThat(works.world.summary(abandoned).path("state").asText()).isEqualTo("cancelled");
    assertThat(asked).hasSize(3);
  }

  private static Plan plan(String name, Target target) {
    return new Plan(
        name,
        target,
        Homes.Selector.ALL,
        List.of(
            new Matching(
                new Homes.Selector(List.of(), List.of(CANARY), List.of(), List.of(), List.of())),
            new Size.Percent(50)),
        4,
        new Size.Percent(100),
        60,
        false,
        6,
        new Rate(10, 8),
        List.of(new Check(new Probe.Sql("select count(*) >= 0 from customer", "t", 3), 2, 10)));
  }

  private static Plan narrow(String name, Target target, List<String> only) {
    return new Plan(
        name,
        target,
        new Homes.Selector(
            only.stream().map(tenant -> "tenant/" + tenant).toList(),
            List.of(),
            List.of(),
            List.of(),
            List.of()),
        List.of(),
        4,
        new Size.Count(0),
        0,
        false);
  }

  private static String schema(int i) {
    return "own-" + i;
  }

  /** Canaries are one of each strategy; one home is changed by hand, seven hold bad rows. */
  private void populate(Target target) throws SQLException {
    for (String pool : List.of("shared-a", "shared-b")) {
      EntityRef ref = PoolType.ref(pool);
      works.world.with(
          ref,
          new Pool.Command.Create(
              new Pool.Spec(
                  pool,
                  "store",
                  "eu",
                  "gold",
                  target,
                  50,
                  pool.equals("shared-a") ? List.of(CANARY) : List.of())));
      works.run(ref, Crash.NEVER);
      homes.add(ref);
    }
    for (int i = 0; i < DATABASES; i++) {
      onboard("whole-" + i, Isolation.DATABASE, null, target, i == 0);
    }
    for (int i = 0; i < SCHEMAS; i++) {
      onboard(schema(i), Isolation.SCHEMA, null, target, i == SCHEMAS - 1);
    }
    for (int i = 0; i < POOLED; i++) {
      onboard("guest-" + i, Isolation.POOL, i % 2 == 0 ? "shared-a" : "shared-b", target, false);
    }
    for (int i = 1; i <= POISONED; i++) {
      sql(TenantType.ref(schema(i)), "insert into customer (id, name) values (99, 'x')");
    }
    try (Connection root = works.fixture.superuser(works.fixture.address().sharedDatabase());
        Statement s = root.createStatement()) {
      s.execute(
          "alter table "
              + io.copyhold.runtime.postgres.Identifiers.quote(
                  works.store().connection(ref(schema(0)), schema(0)).schema())
              + ".customer add column by_hand int");
    }
  }

  private void onboard(
      String tenant, Isolation isolation, String pool, Target target, boolean canary) {
    EntityRef ref = TenantType.ref(tenant);
    works.world.with(
        ref,
        new TenantCommand.Onboard(
            new Profile(
                tenant, "T", "pro", "eu", "gold", Map.of(), canary ? List.of(CANARY) : List.of()),
            new Wish(isolation, pool == null ? "store" : null, pool, target),
            false));
    works.run(ref, Crash.NEVER);
    tenants.add(tenant);
    if (isolation.ownHome()) {
      homes.add(ref);
    }
  }

  private HomeRef ref(String tenant) {
    JsonNode summary = works.world.summary(TenantType.ref(tenant));
    String[] part = summary.path("home").asText().split("/", 3);
    return new HomeRef(
        part[0], Isolation.valueOf(part[1].toUpperCase(java.util.Locale.ROOT)), part[2]);
  }

  private StepHarness operation(EntityRef rollout) {
    return works
        .operation(rollout, Crash.NEVER)
        .whenWaiting(time -> {
          works.world.advance(time);
          for (EntityRef owner : homes) {
            for (OperationRequest _ : works.world.operations(owner)) {
              asked.add(owner);
              works.run(owner, Crash.NEVER);
            }
          }
        });
  }

  /** Approves each gate. */
  private static Result.Done goOn(StepHarness run) {
    Result result = run.forward();
    while (result instanceof Result.Waiting) {
      result = run.forward();
    }
    return (Result.Done) result;
  }

  private void settle(EntityRef rollout, Result.Done done) {
    works.world.settle(
        rollout, works.world.operations(rollout).getFirst().id(), new Outcome.Done(done.data()));
  }

  private static Rollout.Result result(Result.Done done) {
    return io.copyhold.runtime.journal.Mappers.JSON.convertValue(
        done.data().get("result"), Rollout.Result.class);
  }

  /** As the homes themselves say. */
  private List<String> versions() {
    List<String> versions = new ArrayList<>();
    for (EntityRef owner : homes) {
      String[] part = works.world.summary(owner).path("home").asText().split("/", 3);
      HomeRef home =
          new HomeRef(
              part[0], Isolation.valueOf(part[1].toUpperCase(java.util.Locale.ROOT)), part[2]);
      versions.add(works.store().state(home).orElseThrow().version());
    }
    return versions;
  }

  private void accept(EntityRef owner) {
    HomeRef home = ref(owner.id());
    works.world.with(
        owner,
        new TenantCommand.AcceptShape(
            works.shelf.target(), works.store().drift(home).digest(), "by-hand"));
    works.run(owner, Crash.EVERYWHERE);
    assertThat(works.store().drift(home).none()).isTrue();
    assertThat(works.world.summary(owner).path("schemaVersion").asText()).isEqualTo("1");
  }

  private void write(List<String> into) throws SQLException {
    for (String tenant : into) {
      sql(TenantType.ref(tenant), "insert into customer (id, name) values (7, 'written')");
    }
  }

  private void sql(EntityRef tenant, String statement) throws SQLException {
    try (Connection c = login(tenant.id());
        Statement s = c.createStatement()) {
      s.execute(statement);
    }
  }

  private String ask(String tenant, String query) throws SQLException {
    try (Connection c = login(tenant);
        Statement s = c.createStatement();
        var r = s.executeQuery(query)) {
      r.next();
      return r.getString(1);
    }
  }

  private Connection login(String tenant) throws SQLException {
    SecretRef password = Home.password(tenant, 1);
    return works.login(ref(tenant), tenant, works.secrets.require(password).reveal());
  }
}
