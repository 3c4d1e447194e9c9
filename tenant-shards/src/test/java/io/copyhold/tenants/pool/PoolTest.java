package io.copyhold.tenants.pool;

import static io.copyhold.tenants.Samples.target;
import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.EntityScenario;
import io.copyhold.runtime.entity.Outcome;
import io.copyhold.tenants.changelog.Migration;
import io.copyhold.tenants.changelog.Target;
import io.copyhold.tenants.placement.Claim;
import io.copyhold.tenants.placement.PlaceEntry;
import io.copyhold.tenants.placement.PlaceRequest;
import io.copyhold.tenants.pool.Pool.Command;
import io.copyhold.tenants.pool.Pool.Event;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PoolTest {
  private static final Target V2 = target("invoicing", true, "1", "2");
  private static final Target V3 = target("invoicing", true, "1", "2", "3");
  private static final Pool.Spec SPEC = spec(V2, 2);
  private static final Problem BROKEN = Problem.conflict("script-failed", "line 3").todo("mend it");
  private static final Claim ACME = new Claim("tenant/acme", 1, 1);
  private static final Duration HOUR = Duration.ofHours(1);

  private final EntityScenario<Pool, Command, Event> scenario = EntityScenario.of(Pool.TYPE);

  @Test
  void aPoolIsCreatedByItsOperation() {
    scenario.when(new Command.Create(SPEC)).then(new Event.CreateStarted(SPEC, 1));
    assertThat(scenario.operation("create/1").input()).isEqualTo(new Pool.CreateInput(SPEC, 1));
    scenario.settled("create/1", new Outcome.Done(Map.of())).then(new Event.Created(1));
    assertThat(scenario.operations()).isEmpty();
    assertThat(scenario.summary().path("state").asText()).isEqualTo("open");
    assertThat(scenario.summary().path("schemaVersion").asText()).isEqualTo("2");
  }

  @Test
  void theSameAgainChangesNothingAndAnotherIsRefused() {
    open();
    scenario.when(new Command.Create(SPEC)).thenNothing();
    assertThat(scenario.when(new Command.Create(spec(V2, 3))).thenRefused("pool-exists").what())
        .contains("membersMax");
  }

  @Test
  void aChangelogThatIsNotPoolableIsRefused() {
    scenario
        .when(new Command.Create(spec(target("invoicing", false, "1"), 2)))
        .thenRefused("changelog-not-poolable");
  }

  @Test
  void aFailedCreationIsTriedAgainUnderAnotherNumber() {
    scenario.after(new Command.Create(SPEC));
    scenario
        .settled("create/1", new Outcome.Undone(BROKEN))
        .then(new Event.CreateFailed(1, BROKEN, false));
    scenario.when(new Command.Create(spec(V3, 9))).then(new Event.CreateStarted(spec(V3, 9), 2));
  }

  @Test
  void leftoversKeepItFromBeingTriedAgain() {
    scenario.after(new Command.Create(SPEC));
    scenario
        .settled("create/1", new Outcome.FailedInRollback(BROKEN, BROKEN))
        .then(new Event.CreateFailed(1, BROKEN, true));
    scenario.when(new Command.Create(SPEC)).thenRefused("leftovers");
    scenario.when(new Command.Drop()).thenRefused("leftovers");
    scenario
        .settled("create/1", new Outcome.Undone(BROKEN))
        .then(new Event.CreateFailed(1, BROKEN, false));
    scenario.when(new Command.Create(SPEC)).then(new Event.CreateStarted(SPEC, 2));
  }

  @Test
  void tenantsJoinUntilItIsFull() {
    open();
    scenario.after(
        place(new PlaceRequest.Reserve(ACME, HOUR)), place(new PlaceRequest.Confirm(ACME)));
    scenario.after(place(new PlaceRequest.Reserve(new Claim("tenant/beta", 1, 1), HOUR)));
    scenario
        .when(place(new PlaceRequest.Reserve(new Claim("tenant/gamma", 1, 1), HOUR)))
        .thenRefused("pool-full");
    scenario
        .when(place(new PlaceRequest.Release(ACME)))
        .then(new Event.Placed(new PlaceEntry.Ended(ACME, true)));
  }

  @Test
  void anUnknownPoolTakesNobodyButLetsGo() {
    scenario.when(place(new PlaceRequest.Reserve(ACME, HOUR))).thenRefused("pool-unknown");
    scenario.when(place(new PlaceRequest.Withdraw(ACME))).thenNothing();
  }

  @Test
  void aMigrationHoldsThePool() {
    open();
    scenario
        .when(new Command.MigrateTo(V3, "rollout/r1/1"))
        .then(new Event.MigrateStarted(new Migration(V3, "rollout/r1/1"), 2));
    assertThat(scenario.operation("migrate/2").input())
        .isEqualTo(new Migration.Input(SPEC.home(), V3, "2", 1));
    scenario.when(place(new PlaceRequest.Reserve(ACME, HOUR))).thenLater("home-claimed");
    scenario.when(new Command.Drop()).thenLater("home-claimed");
    scenario.when(new Command.MigrateTo(V3, "rollout/r1/1")).thenNothing();
    scenario
        .when(new Command.MigrateTo(target("invoicing", true, "1", "2", "3", "4"), "x"))
        .thenLater("home-claimed");
    scenario.settled("migrate/2", new Outcome.Done(Map.of())).then(new Event.Migrated(2, "3"));
    scenario.after(place(new PlaceRequest.Reserve(ACME, HOUR)));
    scenario.when(new Command.MigrateTo(V3, "rollout/r1/1")).thenNothing();
    scenario.when(new Command.MigrateTo(V2, "rollout/r1/1")).thenNothing();
  }

  @Test
  void aRequestThatFailedIsNotTriedAgainButAnotherIs() {
    open();
    scenario.after(new Command.MigrateTo(V3, "rollout/r1/1"));
    scenario
        .settled("migrate/2", new Outcome.Undone(BROKEN))
        .then(new Event.MigrateFailed(2, BROKEN));
    assertThat(scenario.summary().path("failedRequest").asText()).isEqualTo("rollout/r1/1");
    assertThat(scenario.summary().path("schemaVersion").asText()).isEqualTo("2");
    scenario.when(new Command.MigrateTo(V3, "rollout/r1/1")).thenNothing();
    scenario.after(new Command.MigrateTo(V3, "rollout/r1/2"));
    scenario.settled("migrate/3", new Outcome.Done(Map.of())).then(new Event.Migrated(3, "3"));
    assertThat(scenario.summary().has("failedRequest")).isFalse();
  }

  @Test
  void anotherChangelogIsRefused() {
    open();
    scenario
        .when(new Command.MigrateTo(target("billing", true, "9"), "x"))
        .thenRefused("changelog-differs");
  }

  @Test
  void versionsThatAreNotPoolableAreRefused() {
    open();
    scenario
        .when(new Command.MigrateTo(target("invoicing", false, "1", "2", "3"), "x"))
        .thenRefused("changelog-not-poolable");
  }

  @Test
  void onlyAnEmptyPoolIsDropped() {
    open();
    scenario.after(
        place(new PlaceRequest.Reserve(ACME, HOUR)), place(new PlaceRequest.Confirm(ACME)));
    scenario.when(new Command.Drop()).thenRefused("pool-in-use");
    scenario.after(place(new PlaceRequest.Release(ACME)));
    scenario.when(new Command.Drop()).then(new Event.DropStarted(2));
    assertThat(scenario.operation("drop/2").input()).isEqualTo(new Pool.DropInput(SPEC.home(), 1));
    scenario.settled("drop/2", new Outcome.Undone(BROKEN)).then(new Event.DropFailed(2, BROKEN));
    scenario.when(new Command.Drop()).then(new Event.DropStarted(3));
    scenario.settled("drop/3", new Outcome.Done(Map.of())).then(new Event.Dropped(3));
    scenario.when(new Command.Create(SPEC)).then(new Event.CreateStarted(SPEC, 4));
  }

  private void open() {
    scenario.after(new Command.Create(SPEC), new Command.RecordCreated(1));
  }

  private static Command place(PlaceRequest request) {
    return new Command.Place(request);
  }

  private static Pool.Spec spec(Target target, int membersMax) {
    return new Pool.Spec("shared", "eu-1", "eu", "gold", target, membersMax, List.of());
  }
}
