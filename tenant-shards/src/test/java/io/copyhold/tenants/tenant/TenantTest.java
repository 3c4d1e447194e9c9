package io.copyhold.tenants.tenant;

import static io.copyhold.tenants.Samples.home;
import static io.copyhold.tenants.Samples.profile;
import static io.copyhold.tenants.Samples.target;
import static io.copyhold.tenants.Samples.wish;
import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.EntityScenario;
import io.copyhold.runtime.entity.Outcome;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.tenants.changelog.Migration;
import io.copyhold.tenants.changelog.Target;
import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.store.Turn;
import io.copyhold.tenants.tenant.Tenant.Found;
import io.copyhold.tenants.tenant.Tenant.Offer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TenantTest {
  private static final Profile ACME = profile("acme");
  private static final Wish SCHEMA = wish(Isolation.SCHEMA);
  private static final Home HOME = home("acme", Isolation.SCHEMA, "3", 1);
  private static final Target V4 = target("invoicing", true, "1", "2", "3", "4");
  private static final Target V3 = target("invoicing", true, "1", "2", "3");
  private static final Problem BROKEN = Problem.conflict("script-failed", "line 3").todo("mend it");

  private final EntityScenario<Tenant, TenantCommand, TenantEvent> scenario =
      EntityScenario.of(Tenant.TYPE);

  @Test
  void onboardingWantsProvisioning() {
    scenario.when(onboard(ACME, SCHEMA)).then(new TenantEvent.OnboardingStarted(ACME, SCHEMA, 1));
    assertThat(scenario.operation("provision/1").input())
        .isEqualTo(new Tenant.ProvisionInput("acme", "eu", "gold", 1, SCHEMA));
    scenario
        .settled("provision/1", new Outcome.Done(Map.of("confirm", Mappers.tree(HOME, Home.class))))
        .then(new TenantEvent.Provisioned(1, HOME));
    assertThat(scenario.summary().path("state").asText()).isEqualTo("active");
    assertThat(scenario.summary().path("home").asText()).isEqualTo("eu-1/schema/acme");
    assertThat(scenario.operations()).isEmpty();
  }

  @Test
  void theSameOnboardingAgainChangesNothing() {
    scenario.after(onboard(ACME, SCHEMA));
    scenario.when(onboard(ACME, SCHEMA)).thenNothing();
    scenario.after(new TenantCommand.RecordHome(1, HOME));
    scenario.when(onboard(ACME, SCHEMA)).thenNothing();
  }

  @Test
  void anotherOnboardingIsRefusedAndNamesTheField() {
    scenario.after(onboard(ACME, SCHEMA));
    assertThat(
            scenario.when(onboard(ACME.named("Other"), SCHEMA)).thenRefused("tenant-exists").what())
        .contains("name");
    assertThat(
            scenario
                .when(onboard(ACME, wish(Isolation.DATABASE)))
                .thenRefused("tenant-exists")
                .what())
        .contains("isolation");
    scenario.after(new TenantCommand.RecordHome(1, HOME));
    assertThat(
            scenario
                .when(onboard(ACME, new Wish(Isolation.SCHEMA, "eu-2", null, SCHEMA.target())))
                .thenRefused("tenant-exists")
                .what())
        .contains("store");
  }

  @Test
  void aFailedProvisioningIsTriedAgainUnderAnotherNumber() {
    scenario.after(onboard(ACME, SCHEMA));
    scenario
        .settled("provision/1", new Outcome.Undone(BROKEN))
        .then(new TenantEvent.ProvisioningFailed(1, BROKEN, false));
    assertThat(scenario.summary().path("problem").asText()).isEqualTo("script-failed");
    scenario
        .when(onboard(ACME, wish(Isolation.DATABASE)))
        .then(new TenantEvent.OnboardingStarted(ACME, wish(Isolation.DATABASE), 2));
    assertThat(scenario.operations()).containsExactly("provision/2");
  }

  @Test
  void aLateResultOfAnEarlierAttemptChangesNothing() {
    scenario.after(
        onboard(ACME, SCHEMA),
        new TenantCommand.RecordFailed(1, BROKEN, false),
        onboard(ACME, SCHEMA));
    scenario.when(new TenantCommand.RecordHome(1, HOME)).thenNothing();
    scenario.when(new TenantCommand.RecordFailed(1, BROKEN, false)).thenNothing();
  }

  @Test
  void leftoversKeepItFromBeingTriedAgainUntilTheyAreGone() {
    scenario.after(onboard(ACME, SCHEMA), new TenantCommand.RecordFailed(1, BROKEN, true));
    assertThat(scenario.when(onboard(ACME, SCHEMA)).thenRefused("leftovers").where())
        .isEqualTo("operation/tenant/acme/provision/1");
    scenario.after(new TenantCommand.RecordFailed(1, BROKEN, false), onboard(ACME, SCHEMA));
  }

  @Test
  void aCancelledProvisioningHasFailed() {
    scenario.after(onboard(ACME, SCHEMA));
    scenario.settled("provision/1", new Outcome.Cancelled()).accepted();
    assertThat(scenario.summary().path("problem").asText()).isEqualTo("cancelled");
  }

  @Test
  void aPoolNeedsAPoolableChangelog() {
    scenario
        .when(onboard(ACME, new Wish(Isolation.POOL, null, null, target("invoicing", false, "1"))))
        .thenRefused("changelog-not-poolable");
  }

  @Test
  void aPoolIsNamedOnlyForPools() {
    scenario
        .when(onboard(ACME, new Wish(Isolation.SCHEMA, null, "shared", SCHEMA.target())))
        .thenRefused("pool-not-wanted");
  }

  @ParameterizedTest
  @CsvSource({
    "timezone, Mars/Olympus, setting-form",
    "locale, 'de_ßß!', setting-form",
    "retention-days, 0, setting-form",
    "retention-days, many, setting-form",
    "max-connections, 99999, setting-form",
    "contact-domain, me@acme.example, setting-form",
    "colour, blue, setting-unknown",
    "x-, blue, setting-unknown",
    "X-Colour, blue, setting-unknown"
  })
  void settingsAreChecked(String key, String value, String code) {
    active();
    Problem problem = scenario.when(configure(Map.of(key, value))).thenRefused(code);
    assertThat(problem.where()).isEqualTo("settings." + key);
    assertThat(problem.toString()).doesNotContain("Mars").doesNotContain("me@acme");
  }

  @Test
  void settingsChangeByPatch() {
    active();
    scenario
        .when(
            new TenantCommand.Configure(
                Map.of("locale", "de-AT", "x-theme", "dark"), List.of("timezone")))
        .then(new TenantEvent.Configured(Map.of("locale", "de-AT", "x-theme", "dark")));
    scenario.when(configure(Map.of("locale", "de-AT"))).thenNothing();
    scenario
        .when(new TenantCommand.Configure(Map.of(), List.of("x-theme", "never-set")))
        .then(new TenantEvent.Configured(Map.of("locale", "de-AT")));
  }

  @Test
  void settingsHaveALimit() {
    active();
    Map<String, String> many = new HashMap<>();
    for (int i = 0; i <= Settings.KEYS_MAX; i++) {
      many.put("x-" + i, "v");
    }
    scenario.when(configure(many)).thenRefused("settings-many");
    Map<String, String> large = new TreeMap<>();
    for (int i = 0; i < 9; i++) {
      large.put("x-" + i, "v".repeat(Settings.VALUE_CHARS_MAX));
    }
    scenario.when(configure(large)).thenRefused("settings-length");
    scenario
        .when(configure(Map.of("x-a", "v".repeat(Settings.VALUE_CHARS_MAX + 1))))
        .thenRefused("setting-length");
  }

  @Test
  void aNameIsOneLineOfText() {
    active();
    scenario
        .when(new TenantCommand.Rename("Acme & Söhne"))
        .then(new TenantEvent.Renamed("Acme & Söhne"));
    scenario.when(new TenantCommand.Rename("Acme & Söhne")).thenNothing();
    scenario.when(new TenantCommand.Rename("a\nb")).thenRefused("field-characters");
    scenario.when(new TenantCommand.Rename(" ")).thenRefused("field-missing");
    scenario.when(new TenantCommand.Rename("n".repeat(201))).thenRefused("field-length");
  }

  @Test
  void tagsAreASet() {
    active();
    scenario
        .when(new TenantCommand.Tag(List.of("wave=1", "team=blue"), List.of()))
        .then(new TenantEvent.Tagged(List.of("team=blue", "wave=1")));
    scenario
        .when(new TenantCommand.Tag(List.of(), List.of("team=blue")))
        .then(new TenantEvent.Tagged(List.of("wave=1")));
    scenario.when(new TenantCommand.Tag(List.of("wave=1"), List.of("none"))).thenNothing();
    scenario.when(new TenantCommand.Tag(List.of("Not A Tag"), List.of())).thenRefused("tag-form");
  }

  @Test
  void suspendAndResumeGoThroughOperations() {
    active();
    scenario
        .when(new TenantCommand.Suspend("unpaid"))
        .then(new TenantEvent.SuspendStarted(2, "unpaid"));
    scenario.when(new TenantCommand.Suspend("unpaid")).thenNothing();
    scenario.when(new TenantCommand.Resume()).thenLater("home-claimed");
    assertThat(scenario.operation("suspend/2").input())
        .isEqualTo(new Tenant.HomeInput("acme", HOME));
    scenario.settled("suspend/2", new Outcome.Done(Map.of())).then(new TenantEvent.Suspended(2));
    assertThat(scenario.summary().path("state").asText()).isEqualTo("suspended");
    scenario.when(new TenantCommand.Suspend("again")).thenNothing();
    scenario.when(new TenantCommand.Resume()).then(new TenantEvent.ResumeStarted(3));
    scenario.settled("resume/3", new Outcome.Done(Map.of())).then(new TenantEvent.Resumed(3));
    assertThat(scenario.summary().path("state").asText()).isEqualTo("active");
    scenario.when(new TenantCommand.Resume()).thenNothing();
  }

  @Test
  void aFailedSuspendCanBeResumed() {
    active();
    scenario.after(new TenantCommand.Suspend("unpaid"));
    scenario
        .settled("suspend/2", new Outcome.Undone(BROKEN))
        .then(new TenantEvent.AccessFailed(2, BROKEN));
    assertThat(scenario.summary().path("state").asText()).isEqualTo("active");
    scenario.when(new TenantCommand.Resume()).then(new TenantEvent.ResumeStarted(3));
  }

  @Test
  void aMigrationTakesTheHomeToTheVersion() {
    active();
    scenario
        .when(new TenantCommand.MigrateTo(V4, "rollout/r1/1"))
        .then(new TenantEvent.MigrateStarted(2, new Migration(V4, "rollout/r1/1")));
    assertThat(scenario.operation("migrate/2").input())
        .isEqualTo(new Migration.Input(HOME.ref(), V4, "3", 1));
    scenario.when(new TenantCommand.Suspend("unpaid")).thenLater("home-claimed");
    scenario.when(new TenantCommand.Offboard("acme")).thenLater("home-claimed");
    scenario
        .settled("migrate/2", new Outcome.Done(Map.of()))
        .then(new TenantEvent.Migrated(2, "4"));
    assertThat(scenario.summary().path("schemaVersion").asText()).isEqualTo("4");
    scenario.when(new TenantCommand.MigrateTo(V4, "other")).thenNothing();
  }

  @Test
  void aFailedMigrationIsTriedAgainByAnotherRequestOnly() {
    active();
    scenario.after(new TenantCommand.MigrateTo(V4, "rollout/r1/1"));
    scenario
        .settled("migrate/2", new Outcome.Undone(BROKEN))
        .then(new TenantEvent.MigrateFailed(2, BROKEN));
    assertThat(scenario.summary().path("failedVersion").asText()).isEqualTo("4");
    scenario.when(new TenantCommand.MigrateTo(V4, "rollout/r1/1")).thenNothing();
    scenario.after(new TenantCommand.MigrateTo(V4, "rollout/r1/2"));
    assertThat(scenario.operations()).containsExactly("migrate/3");
  }

  @Test
  void aMigrationIsTakenBackByWhoeverAskedForItAndNobodyElse() {
    active();
    scenario.after(
        new TenantCommand.MigrateTo(V4, "rollout/r1/1#wave-1"), new TenantCommand.RecordDone(2));
    assertThat(scenario.summary().path("arrivedFrom").asText()).isEqualTo("3");
    scenario.when(new TenantCommand.TakeBack(V4, "rollout/r2/", "rollout/r2/2")).thenNothing();
    scenario
        .when(new TenantCommand.TakeBack(V4, "rollout/r1/", "rollout/r1/2#wave-1"))
        .then(
            new TenantEvent.MigrateStarted(
                3, new Migration(V4, "rollout/r1/2#wave-1", "3", null, null)));
    assertThat(scenario.operation("migrate/3").input())
        .isEqualTo(new Migration.Input(HOME.ref(), V4, "4", 1, "3", null, null));
    scenario
        .settled("migrate/3", new Outcome.Done(Map.of()))
        .then(new TenantEvent.Migrated(3, "3"));
    scenario.when(new TenantCommand.TakeBack(V4, "rollout/r1/", "rollout/r1/3")).thenNothing();
  }

  @Test
  void aTurnedVersionStaysWhereItIsAndForgetsNoFailure() {
    active();
    scenario.after(new TenantCommand.MigrateTo(V4, "rollout/r1/1"));
    scenario.settled("migrate/2", new Outcome.Undone(BROKEN)).accepted();
    scenario
        .when(new TenantCommand.TurnVersion(V4, Turn.COMPLETE, "me"))
        .thenRefused("version-not-there");
    scenario.when(new TenantCommand.TurnVersion(V3, null, "me")).thenRefused("turn-missing");
    scenario
        .when(new TenantCommand.TurnVersion(V3, Turn.COMPLETE, "me"))
        .then(new TenantEvent.MigrateStarted(3, new Migration(V3, "me", "3", null, Turn.COMPLETE)));
    scenario.when(new TenantCommand.TurnVersion(V3, Turn.COMPLETE, "again")).thenNothing();
    assertThat(scenario.operation("migrate/3").input())
        .isEqualTo(new Migration.Input(HOME.ref(), V3, "3", 1, "3", null, Turn.COMPLETE));
    scenario
        .settled("migrate/3", new Outcome.Done(Map.of()))
        .then(new TenantEvent.Migrated(3, "3"));
    assertThat(scenario.summary().path("failedRequest").asText()).isEqualTo("rollout/r1/1");
  }

  @Test
  void anAcceptedShapeChangesNoVersionAndForgetsNoFailure() {
    active();
    scenario.after(new TenantCommand.MigrateTo(V4, "rollout/r1/1"));
    scenario.settled("migrate/2", new Outcome.Undone(BROKEN)).accepted();
    scenario.when(new TenantCommand.AcceptShape(V4, "short", "me")).thenRefused("digest-form");
    scenario
        .when(new TenantCommand.AcceptShape(V4, "0".repeat(64), "me"))
        .then(
            new TenantEvent.MigrateStarted(3, new Migration(V4, "me", "3", "0".repeat(64), null)));
    scenario
        .settled("migrate/3", new Outcome.Done(Map.of()))
        .then(new TenantEvent.Migrated(3, "3"));
    assertThat(scenario.summary().path("failedRequest").asText()).isEqualTo("rollout/r1/1");
    assertThat(scenario.summary().path("cause").asText()).startsWith(BROKEN.code() + ": ");
  }

  @Test
  void aSuspendedTenantMigratesAndStaysSuspended() {
    active();
    scenario.after(
        new TenantCommand.Suspend("unpaid"),
        new TenantCommand.RecordDone(2),
        new TenantCommand.MigrateTo(V4, "x"),
        new TenantCommand.RecordDone(3));
    assertThat(scenario.summary().path("state").asText()).isEqualTo("suspended");
    assertThat(scenario.summary().path("schemaVersion").asText()).isEqualTo("4");
  }

  @Test
  void aPooledTenantMigratesWithItsPool() {
    scenario.after(
        onboard(ACME, wish(Isolation.POOL)),
        new TenantCommand.RecordHome(1, home("shared", Isolation.POOL, null, 1)));
    assertThat(
            scenario.when(new TenantCommand.MigrateTo(V4, "x")).thenRefused("home-shared").todo())
        .contains("pool/shared");
    assertThat(scenario.summary().path("pool").asText()).isEqualTo("shared");
  }

  @Test
  void offboardingMustBeConfirmed() {
    active();
    scenario.when(new TenantCommand.Offboard("acne")).thenRefused("confirm-differs");
    scenario.when(new TenantCommand.Offboard(null)).thenRefused("confirm-differs");
    scenario.when(new TenantCommand.Offboard("acme")).then(new TenantEvent.OffboardStarted(2));
    scenario.when(new TenantCommand.Offboard("acme")).thenNothing();
    scenario.when(new TenantCommand.Rename("x")).thenRefused("tenant-offboarding");
    scenario.when(onboard(ACME, SCHEMA)).thenRefused("tenant-offboarding");
    scenario.settled("offboard/2", new Outcome.Done(Map.of())).then(new TenantEvent.Offboarded(2));
    scenario.when(new TenantCommand.Offboard("acme")).thenNothing();
  }

  @Test
  void aFailedOffboardingIsTriedAgain() {
    active();
    scenario.after(new TenantCommand.Offboard("acme"));
    scenario
        .settled("offboard/2", new Outcome.Undone(BROKEN))
        .then(new TenantEvent.OffboardFailed(2, BROKEN));
    assertThat(scenario.operations()).isEmpty();
    scenario.when(new TenantCommand.Offboard("acme")).then(new TenantEvent.OffboardStarted(3));
  }

  @Test
  void anOffboardedIdComesBackOnlyOnPurpose() {
    active();
    scenario.after(new TenantCommand.Offboard("acme"), new TenantCommand.RecordDone(2));
    scenario.when(onboard(ACME, SCHEMA)).thenRefused("tenant-offboarded");
    scenario
        .when(new TenantCommand.Onboard(ACME, SCHEMA, true))
        .then(new TenantEvent.OnboardingStarted(ACME, SCHEMA, 3));
  }

  @Test
  void aTenantThatNeverWasIsUnknown() {
    scenario.when(new TenantCommand.Rename("x")).thenRefused("tenant-unknown");
    scenario.when(new TenantCommand.Suspend("x")).thenRefused("tenant-unknown");
    scenario.when(new TenantCommand.Offboard("acme")).thenRefused("tenant-unknown");
    scenario.when(new TenantCommand.MigrateTo(V4, "x")).thenRefused("tenant-unknown");
    assertThat(Tenant.TYPE.exists(scenario.state())).isFalse();
  }

  @Test
  void badOnboardingIsRefused() {
    scenario.when(onboard(profile("Acme"), SCHEMA)).thenRefused("id-characters");
    scenario.when(onboard(null, SCHEMA)).thenRefused("field-missing");
    scenario.when(onboard(ACME, null)).thenRefused("field-missing");
    scenario
        .when(onboard(ACME, new Wish(null, null, null, SCHEMA.target())))
        .thenRefused("field-missing");
    scenario
        .when(onboard(ACME, new Wish(Isolation.SCHEMA, null, null, null)))
        .thenRefused("target-form");
    scenario
        .when(onboard(ACME, new Wish(Isolation.SCHEMA, "No Store", null, SCHEMA.target())))
        .thenRefused("id-characters");
  }

  @Test
  void anAdoptionBeginsReadOnlyAndWaitsForTheWord() {
    Found found =
        new Found("eu-1", Isolation.DATABASE, "legacy", "app", target("invoicing", true, "1"));
    Home adopted =
        new Home(new HomeRef("eu-1", Isolation.DATABASE, "acme__2"), 1, "invoicing", "1", 2, true);
    scenario
        .when(new TenantCommand.Adopt(ACME, found))
        .then(new TenantEvent.AdoptionStarted(ACME, found, 1));
    assertThat(scenario.operations()).containsExactly("inventory/1");
    scenario.when(new TenantCommand.ConfirmAdoption()).thenLater("home-claimed");
    Offer offer =
        new Offer(2, List.of("public.a", "public.b"), 8192, List.of("no tenant column"), List.of());
    scenario
        .settled(
            "inventory/1", new Outcome.Done(Map.of("inventory", Mappers.tree(offer, Offer.class))))
        .then(new TenantEvent.AdoptionOffered(1, offer));
    assertThat(scenario.operations()).isEmpty();
    scenario.when(new TenantCommand.Adopt(ACME, found)).thenNothing();
    scenario.when(new TenantCommand.ConfirmAdoption()).then(new TenantEvent.AdoptionConfirmed(2));
    scenario
        .settled("adopt/2", new Outcome.Done(Map.of("confirm", Mappers.tree(adopted, Home.class))))
        .then(new TenantEvent.Adopted(2, adopted));
    scenario.when(new TenantCommand.ConfirmAdoption()).thenNothing();
    assertThat(scenario.summary().path("adopted").asBoolean()).isTrue();
  }

  @Test
  void aBlockedAdoptionIsNotConfirmed() {
    Found found =
        new Found("eu-1", Isolation.SCHEMA, "legacy", "app", target("invoicing", true, "1"));
    scenario.after(
        new TenantCommand.Adopt(ACME, found),
        new TenantCommand.RecordOffer(
            1, new Offer(1, List.of(), 1, List.of(), List.of("owned by a superuser"))));
    scenario.when(new TenantCommand.ConfirmAdoption()).thenRefused("adoption-blocked");
    scenario.when(new TenantCommand.AbandonAdoption()).then(new TenantEvent.AdoptionAbandoned());
    scenario.when(new TenantCommand.AbandonAdoption()).thenNothing();
    scenario.when(onboard(ACME, SCHEMA)).then(new TenantEvent.OnboardingStarted(ACME, SCHEMA, 2));
  }

  @Test
  void aPoolIsNotAdopted() {
    scenario
        .when(
            new TenantCommand.Adopt(
                ACME,
                new Found("eu-1", Isolation.POOL, "legacy", "app", target("invoicing", true, "1"))))
        .thenRefused("isolation-not-adoptable");
  }

  private void active() {
    scenario.after(onboard(ACME, SCHEMA), new TenantCommand.RecordHome(1, HOME));
  }

  private static TenantCommand onboard(Profile profile, Wish wish) {
    return new TenantCommand.Onboard(profile, wish, false);
  }

  private static TenantCommand configure(Map<String, String> set) {
    return new TenantCommand.Configure(set, List.of());
  }
}
