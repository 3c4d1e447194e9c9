package io.copyhold.tenants.tenant;

import static io.copyhold.tenants.Samples.home;
import static io.copyhold.tenants.Samples.profile;
import static io.copyhold.tenants.Samples.target;
import static io.copyhold.tenants.Samples.wish;
import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.runtime.entity.EntityScenario;
import io.copyhold.tenants.divergence.Evidence;
import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.isolation.Isolation;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A tenant held against its home after the journal went back in time. */
class TenantDivergenceTest {
  private static final Profile ACME = profile("acme");
  private static final Home HOME = home("acme", Isolation.SCHEMA, "1", 1);

  private final EntityScenario<Tenant, TenantCommand, TenantEvent> scenario =
      EntityScenario.of(Tenant.TYPE);

  private static Evidence.Seen seen(String version, boolean suspended) {
    return new Evidence.Seen(HOME.ref(), "invoicing", version, 1, false, suspended);
  }

  private static Evidence evidence(List<Evidence.Seen> homes, int serial, String... unknown) {
    return new Evidence("tenant/acme", 7, homes, List.of(unknown), serial, 1);
  }

  private void live() {
    scenario.after(new TenantCommand.Onboard(ACME, wish(Isolation.SCHEMA), false));
    scenario.after(new TenantCommand.RecordHome(1, HOME));
  }

  @Test
  void oneThatAgreesGoesOn() {
    live();
    scenario.when(new TenantCommand.Verify(evidence(List.of(seen("1", false)), 1))).thenNothing();
    scenario.when(new TenantCommand.Rename("New")).then(new TenantEvent.Renamed("New"));
  }

  @Test
  void aHomeThatIsAheadMakesItReadOnlyUntilItIsReconciled() {
    live();
    scenario.after(new TenantCommand.Verify(evidence(List.of(seen("3", false)), 5, "migrate/5")));
    assertThat(scenario.summary().path("state").asText()).isEqualTo("diverged");
    assertThat(scenario.summary().path("was").asText()).isEqualTo("active");
    assertThat(scenario.operations()).isEmpty();
    scenario.when(new TenantCommand.Rename("Lost")).thenRefused("diverged");
    scenario
        .when(new TenantCommand.MigrateTo(target("invoicing", true, "1", "2", "3", "4"), "again"))
        .thenRefused("diverged");
    scenario.when(new TenantCommand.Offboard("acme")).thenRefused("diverged");

    scenario.after(new TenantCommand.Reconcile(null));
    assertThat(scenario.summary().path("state").asText()).isEqualTo("active");
    assertThat(scenario.summary().path("schemaVersion").asText()).isEqualTo("3");
    assertThat(scenario.summary().path("epoch").asLong()).isEqualTo(2);
    scenario
        .when(new TenantCommand.Suspend("unpaid"))
        .then(new TenantEvent.SuspendStarted(6, "unpaid"));
  }

  @Test
  void anOperationThatTheJournalDoesNotKnowIsEnough() {
    live();
    scenario.after(
        new TenantCommand.Verify(evidence(List.of(seen("1", false)), 3, "suspend/2", "resume/3")));
    assertThat(scenario.summary().path("state").asText()).isEqualTo("diverged");
  }

  @Test
  void whatRunsIsNotHeldAgainstWhatItHasHalfDone() {
    live();
    scenario.after(new TenantCommand.MigrateTo(target("invoicing", true, "1", "2"), "a request"));
    scenario.when(new TenantCommand.Verify(evidence(List.of(seen("2", false)), 2))).thenNothing();
  }

  @Test
  void aTenantWhoseHomeIsGoneIsReconciledAsOffboarded() {
    live();
    scenario.after(new TenantCommand.Verify(evidence(List.of(), 2, "offboard/2")));
    assertThat(scenario.summary().path("state").asText()).isEqualTo("diverged");
    scenario.after(new TenantCommand.Reconcile(null));
    assertThat(scenario.summary().path("state").asText()).isEqualTo("offboarded");
    scenario
        .when(new TenantCommand.Onboard(ACME, wish(Isolation.SCHEMA), true))
        .then(new TenantEvent.OnboardingStarted(ACME, wish(Isolation.SCHEMA), 3));
  }

  @Test
  void aHomeThatNobodyOwnsNeedsSomebodyToSayWhoseItIs() {
    scenario.after(new TenantCommand.Verify(evidence(List.of(seen("2", true)), 4, "provision/1")));
    scenario
        .when(new TenantCommand.Onboard(ACME, wish(Isolation.SCHEMA), false))
        .thenRefused("diverged");
    scenario.when(new TenantCommand.Reconcile(null)).thenRefused("field-missing");
    scenario
        .when(new TenantCommand.Reconcile(ACME))
        .then(
            new TenantEvent.Reconciled(
                ACME, new Home(HOME.ref(), 2, "invoicing", "2", 1, false), true, 4));
    scenario.after(new TenantCommand.Reconcile(ACME));
    assertThat(scenario.summary().path("state").asText()).isEqualTo("suspended");
    scenario.when(new TenantCommand.Reconcile(ACME)).thenNothing();
  }

  @Test
  void inAPoolTheVersionIsThePools() {
    HomeRef pool = new HomeRef("eu-1", Isolation.POOL, "shared");
    scenario.after(new TenantCommand.Onboard(ACME, wish(Isolation.POOL), false));
    scenario.after(new TenantCommand.RecordHome(1, new Home(pool, 1, "invoicing", null, 1, false)));
    scenario
        .when(
            new TenantCommand.Verify(
                evidence(List.of(new Evidence.Seen(pool, "invoicing", "9", 1, false, false)), 1)))
        .thenNothing();
    scenario.after(
        new TenantCommand.Verify(
            evidence(List.of(new Evidence.Seen(pool, "invoicing", "9", 3, false, false)), 1)));
    scenario.after(new TenantCommand.Reconcile(null));
    assertThat(scenario.summary().path("epoch").asLong()).isEqualTo(4);
    assertThat(scenario.summary().has("schemaVersion")).isFalse();
    assertThat(Map.of("pool", scenario.summary().path("pool").asText()))
        .containsEntry("pool", "shared");
  }
}
