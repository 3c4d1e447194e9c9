package io.copyhold.tenants.store;

import static io.copyhold.tenants.Samples.registration;
import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.EntityScenario;
import io.copyhold.runtime.entity.Outcome;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.tenants.placement.Claim;
import io.copyhold.tenants.placement.PlaceEntry;
import io.copyhold.tenants.placement.PlaceRequest;
import io.copyhold.tenants.placement.Reservations;
import io.copyhold.tenants.store.Store.Command;
import io.copyhold.tenants.store.Store.Event;
import io.copyhold.tenants.store.Store.Health;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StoreTest {
  private static final Health.Ready READY = new Health.Ready("PostgreSQL 18.6", "7", List.of());
  private static final Duration HOUR = Duration.ofHours(1);
  private static final Claim ACME = new Claim("tenant/acme", 1, 1);

  private final EntityScenario<Store, Command, Event> scenario = EntityScenario.of(Store.TYPE);

  @Test
  void aRegisteredStoreWantsItsCheck() {
    scenario
        .when(new Command.Register(registration("eu-1", 10)))
        .then(new Event.Registered(registration("eu-1", 10)), new Event.CheckStarted(1));
    assertThat(scenario.operations()).containsExactly("check/1");
    assertThat(scenario.summary().path("state").asText()).isEqualTo("registering");
  }

  @Test
  void aGoodCheckMakesItReady() {
    scenario.after(new Command.Register(registration("eu-1", 10)));
    scenario
        .settled(
            "check/1", new Outcome.Done(Map.of("prepare", Mappers.tree(READY, Health.Ready.class))))
        .then(new Event.Checked(1, READY));
    assertThat(scenario.operations()).isEmpty();
    assertThat(scenario.summary().path("state").asText()).isEqualTo("ready");
  }

  @Test
  void aFailedCheckIsKeptWithItsReason() {
    Problem problem = Problem.unavailable("store-unreachable", "no answer");
    scenario.after(new Command.Register(registration("eu-1", 10)));
    scenario
        .settled("check/1", new Outcome.Undone(problem))
        .then(new Event.Checked(1, new Health.Unusable(problem)));
    assertThat(scenario.summary().path("problem").asText()).isEqualTo("store-unreachable");
    scenario.when(place(new PlaceRequest.Reserve(ACME, HOUR))).thenRefused("store-unusable");
    scenario.when(new Command.Recheck()).then(new Event.CheckStarted(2));
    scenario.when(new Command.Recheck()).thenNothing();
  }

  @Test
  void anOldChecksResultChangesNothing() {
    scenario.after(
        new Command.Register(registration("eu-1", 10)),
        new Command.RecordCheck(1, READY),
        new Command.Recheck());
    scenario.when(new Command.RecordCheck(1, new Health.Unknown())).thenNothing();
    assertThat(scenario.operations()).containsExactly("check/2");
  }

  @Test
  void theSameRegistrationAgainChangesNothing() {
    ready(10);
    scenario.when(new Command.Register(registration("eu-1", 10))).thenNothing();
  }

  @Test
  void anotherRegistrationIsRefusedAndNamesTheField() {
    ready(10);
    assertThat(
            scenario
                .when(new Command.Register(registration("eu-1", 11)))
                .thenRefused("store-exists")
                .what())
        .contains("capacity");
  }

  @Test
  void badFieldsAreRefused() {
    refused(with(registration("admin", 10), "db.example", 5432, "secret:a"), "id-reserved");
    refused(with(registration("eu-1", 10), "", 5432, "secret:a"), "field-missing");
    refused(with(registration("eu-1", 10), "db.example:5432/x", 5432, "secret:a"), "host-form");
    refused(with(registration("eu-1", 10), "db.example", 0, "secret:a"), "field-range");
    refused(with(registration("eu-1", 10), "db.example", 5432, "hunter2"), "secret-reference");
    refused(registration("eu-1", 0), "field-range");
  }

  @Test
  void aMistakenPasswordIsNotRepeated() {
    Problem problem =
        scenario
            .when(
                new Command.Register(with(registration("eu-1", 10), "db.example", 5432, "hunter2")))
            .thenRefused("secret-reference");
    assertThat(problem.toString()).doesNotContain("hunter2");
  }

  @Test
  void anUpdateOfTheAddressChecksAgain() {
    ready(10);
    assertThat(
            scenario
                .when(
                    new Command.Update(
                        "db2.example", null, null, null, null, null, null, null, null))
                .accepted())
        .hasSize(2);
    assertThat(scenario.operations()).containsExactly("check/2");
    assertThat(scenario.summary().path("address").asText()).isEqualTo("db2.example:5432");
  }

  @Test
  void anUpdateOfTagsChecksNothing() {
    ready(10);
    scenario.after(
        new Command.Update(null, null, null, null, null, null, null, null, List.of("z")));
    assertThat(scenario.operations()).isEmpty();
    assertThat(scenario.summary().path("tags")).hasSize(1);
  }

  @Test
  void capacityBelowUseIsRefused() {
    ready(10);
    scenario.after(place(new PlaceRequest.Reserve(new Claim("tenant/acme", 1, 3), HOUR)));
    scenario
        .when(
            new Command.Update(
                null, null, null, null, null, null, null, new Store.Capacity(2, 20, 4), null))
        .thenRefused("capacity-below-use");
  }

  @Test
  void aReservationIsConfirmedOnce() {
    ready(10);
    scenario
        .when(place(new PlaceRequest.Reserve(ACME, HOUR)))
        .then(new Event.Placed(new PlaceEntry.Reserved(ACME, scenario.now().plus(HOUR))));
    scenario.when(place(new PlaceRequest.Reserve(ACME, HOUR))).thenNothing();
    scenario
        .when(place(new PlaceRequest.Confirm(ACME)))
        .then(new Event.Placed(new PlaceEntry.Confirmed(ACME)));
    scenario.when(place(new PlaceRequest.Confirm(ACME))).thenNothing();
    scenario.when(place(new PlaceRequest.Reserve(ACME, HOUR))).thenNothing();
    assertThat(scenario.summary().path("homes").asInt()).isEqualTo(1);
    assertThat(scenario.summary().path("reserved").asInt()).isZero();
  }

  @Test
  void aFullStoreRefuses() {
    ready(2);
    scenario.after(
        place(new PlaceRequest.Reserve(ACME, HOUR)),
        place(new PlaceRequest.Confirm(ACME)),
        place(new PlaceRequest.Reserve(new Claim("pool/shared", 1, 1), HOUR)));
    scenario
        .when(place(new PlaceRequest.Reserve(new Claim("tenant/beta", 1, 1), HOUR)))
        .thenRefused("store-full");
    scenario.after(place(new PlaceRequest.Withdraw(new Claim("pool/shared", 1, 1))));
    scenario.after(place(new PlaceRequest.Reserve(new Claim("tenant/beta", 1, 1), HOUR)));
  }

  @Test
  void whatWasWithdrawnFirstIsNotGrantedLater() {
    ready(10);
    scenario.after(place(new PlaceRequest.Withdraw(ACME)));
    scenario.when(place(new PlaceRequest.Reserve(ACME, HOUR))).thenRefused("reservation-ended");
    scenario.after(place(new PlaceRequest.Reserve(new Claim("tenant/acme", 2, 1), HOUR)));
  }

  @Test
  void aReleasedHomeIsReleasedOnce() {
    ready(10);
    scenario.after(
        place(new PlaceRequest.Reserve(ACME, HOUR)), place(new PlaceRequest.Confirm(ACME)));
    scenario
        .when(place(new PlaceRequest.Release(ACME)))
        .then(new Event.Placed(new PlaceEntry.Ended(ACME, true)));
    scenario.when(place(new PlaceRequest.Release(ACME))).thenNothing();
    scenario.when(place(new PlaceRequest.Withdraw(ACME))).thenNothing();
    assertThat(scenario.summary().path("homes").asInt()).isZero();
  }

  @Test
  void aReservationLapses() {
    ready(10);
    scenario.after(place(new PlaceRequest.Reserve(ACME, HOUR)));
    assertThat(scenario.alarms())
        .singleElement()
        .satisfies(a -> assertThat(a.due()).isEqualTo(scenario.now().plus(HOUR)));
    scenario.due("lapse").thenNothing();
    scenario
        .at(scenario.now().plus(HOUR))
        .due("lapse")
        .then(new Event.Placed(new PlaceEntry.Ended(ACME, false)));
    assertThat(scenario.alarms()).isEmpty();
    scenario.when(place(new PlaceRequest.Confirm(ACME))).thenRefused("reservation-ended");
  }

  @Test
  void tooManyOpenReservationsWait() {
    ready(1_000);
    for (int i = 0; i < Reservations.OPEN_MAX; i++) {
      scenario.after(
          place(new PlaceRequest.Reserve(new Claim("tenant/" + "t".repeat(35) + i, 1, 1), HOUR)));
    }
    scenario
        .when(place(new PlaceRequest.Reserve(new Claim("tenant/late", 1, 1), HOUR)))
        .thenLater("reservations-many");
  }

  @Test
  void theFullestStateFits() {
    ready(100_000);
    for (int i = 0; i < 2 * Reservations.RECENT_MAX; i++) {
      Claim claim = new Claim("tenant/" + "t".repeat(35) + "x" + (100 + i), 2_000_000 + i, 1);
      scenario.after(
          place(new PlaceRequest.Reserve(claim, HOUR)), place(new PlaceRequest.Confirm(claim)));
    }
    for (int i = 0; i < Reservations.OPEN_MAX; i++) {
      scenario.after(
          place(
              new PlaceRequest.Reserve(
                  new Claim("tenant/" + "o".repeat(35) + "x" + (100 + i), 2_000_000, 1), HOUR)));
    }
    assertThat(scenario.summary().path("homes").asInt()).isEqualTo(2 * Reservations.RECENT_MAX);
  }

  @Test
  void aDrainingStoreTakesNoHomesButConfirmsReserved() {
    ready(10);
    scenario.after(place(new PlaceRequest.Reserve(ACME, HOUR)), new Command.Drain());
    scenario.when(new Command.Drain()).thenNothing();
    scenario
        .when(place(new PlaceRequest.Reserve(new Claim("tenant/beta", 1, 1), HOUR)))
        .thenRefused("store-draining");
    scenario.after(place(new PlaceRequest.Confirm(ACME)), new Command.Undrain());
    scenario.after(place(new PlaceRequest.Reserve(new Claim("tenant/beta", 1, 1), HOUR)));
  }

  @Test
  void aStoreWithHomesStays() {
    ready(10);
    scenario.after(place(new PlaceRequest.Reserve(ACME, HOUR)));
    scenario.when(new Command.Deregister()).thenRefused("store-in-use");
    scenario.after(place(new PlaceRequest.Withdraw(ACME)));
    scenario.when(new Command.Deregister()).then(new Event.Deregistered());
    scenario.when(new Command.Deregister()).thenRefused("store-unknown");
  }

  @Test
  void anUnknownStoreTakesNobodyButLetsGo() {
    scenario.when(place(new PlaceRequest.Reserve(ACME, HOUR))).thenRefused("store-unknown");
    scenario.when(place(new PlaceRequest.Withdraw(ACME))).thenNothing();
  }

  @Test
  void checkNumbersGoOnAfterDeregistration() {
    ready(10);
    scenario.after(new Command.Deregister(), new Command.Register(registration("eu-1", 10)));
    assertThat(scenario.operations()).containsExactly("check/2");
  }

  private void ready(int homesMax) {
    scenario.after(
        new Command.Register(registration("eu-1", homesMax)), new Command.RecordCheck(1, READY));
  }

  private void refused(Store.Registration registration, String code) {
    scenario.when(new Command.Register(registration)).thenRefused(code);
  }

  private static Command place(PlaceRequest request) {
    return new Command.Place(request);
  }

  private static Store.Registration with(
      Store.Registration r, String host, int port, String secret) {
    return new Store.Registration(
        r.store(),
        r.engine(),
        host,
        port,
        r.adminUser(),
        secret,
        null,
        null,
        r.region(),
        r.tier(),
        r.capacity(),
        r.tags());
  }
}
