package io.copyhold.tenants.store;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.Decision;
import io.copyhold.tenants.Fields;
import io.copyhold.tenants.placement.PlaceEntry;
import io.copyhold.tenants.placement.PlaceRequest;
import io.copyhold.tenants.placement.Reservations;
import io.copyhold.tenants.store.Store.Absent;
import io.copyhold.tenants.store.Store.Command;
import io.copyhold.tenants.store.Store.Event;
import io.copyhold.tenants.store.Store.Health;
import io.copyhold.tenants.store.Store.Registered;
import io.copyhold.tenants.store.Store.Registration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What commands do to a {@link Store}, and what events make of it. */
final class StoreRules {
  static final int HOMES_MAX = 1_000_000;
  static final int CONNECTIONS_MAX = 10_000;

  private StoreRules() {}

  static Decision<Event> decide(Store state, Command command, Instant now) {
    if (command instanceof Command.Register(var registration)) {
      return register(state, registration);
    }
    if (!(state instanceof Registered store)) {
      if (command instanceof Command.Place(PlaceRequest.Withdraw _)
          || command instanceof Command.Place(PlaceRequest.Release _)) {
        return Decision.accept(); // taking back what was never granted needs no store
      }
      return Decision.refuse(
          Problem.notFound("store-unknown", "there is no such store").todo("register it first"));
    }
    return switch (command) {
      case Command.Register _ -> throw new IllegalStateException("handled above");
      case Command.Update update -> update(store, update);
      case Command.Recheck _ ->
          store.checking()
              ? Decision.accept()
              : Decision.accept(new Event.CheckStarted(store.checks() + 1));
      case Command.RecordCheck(var check, var health) ->
          store.checking() && check == store.checks()
              ? Decision.accept(new Event.Checked(check, health))
              : Decision.accept();
      case Command.Place(var request) ->
          request == null
              ? Decision.refuse(
                  Problem.invalid("request-missing", "the request is missing")
                      .at("request")
                      .todo("give it"))
              : placed(
                  store
                      .homes()
                      .decide(
                          request,
                          "store/" + store.registration().store(),
                          store.registration().capacity().homesMax(),
                          closed(store),
                          now));
      case Command.Lapse _ -> Decision.accept(events(store.homes().lapse(now)));
      case Command.Drain _ ->
          store.draining() ? Decision.accept() : Decision.accept(new Event.Drained());
      case Command.Undrain _ ->
          store.draining() ? Decision.accept(new Event.Undrained()) : Decision.accept();
      case Command.Deregister _ ->
          store.homes().empty()
              ? Decision.accept(new Event.Deregistered())
              : Decision.refuse(
                  Problem.conflict(
                          "store-in-use",
                          "the store has "
                              + store.homes().holders()
                              + " homes and "
                              + store.homes().open().size()
                              + " reservations")
                      .at("store/" + store.registration().store())
                      .todo("drain it, then offboard or move what lives there"));
    };
  }

  private static Decision<Event> register(Store state, @Nullable Registration registration) {
    if (registration == null) {
      return Decision.refuse(
          Problem.invalid("field-missing", "registration is missing")
              .at("registration")
              .todo("give it"));
    }
    Optional<Problem> problem = flaw(registration);
    if (problem.isPresent()) {
      return Decision.refuse(problem.get());
    }
    return switch (state) {
      case Absent(var checks) ->
          Decision.accept(new Event.Registered(registration), new Event.CheckStarted(checks + 1));
      case Registered there when there.registration().equals(registration) -> Decision.accept();
      case Registered there ->
          Decision.refuse(
              Problem.conflict(
                      "store-exists",
                      "the store is registered with another "
                          + Fields.difference(there.registration(), registration)
                              .orElse("registration"))
                  .at("store/" + registration.store())
                  .todo("update it, or register the other server under another id"));
    };
  }

  private static Optional<Problem> flaw(Registration r) {
    return Fields.check()
        .id("store", r.store())
        .that(
            StoreAddress.POSTGRESQL.equals(r.engine()),
            "engine",
            "engine-unknown",
            "the engine is not one that stores can have",
            "use " + StoreAddress.POSTGRESQL)
        .text("host", r.host(), 255)
        .that(
            r.host() == null || r.host().matches("[A-Za-z0-9.:_-]+"),
            "host",
            "host-form",
            "the host is neither a name nor an address",
            "give it without port, user or scheme")
        .range("port", r.port(), 1, 65_535)
        .text("adminUser", r.adminUser(), 63)
        .that(
            r.adminSecret() != null
                && r.adminSecret().matches("secret:[a-z0-9][a-z0-9._/-]{0,199}"),
            "adminSecret",
            "secret-reference",
            "adminSecret is not a reference to a secret",
            "put the password into the secrets, and give its name like secret:stores/eu-1/admin")
        .that(
            r.sharedDatabase() == null || r.sharedDatabase().matches("[a-z][a-z0-9_]{0,62}"),
            "sharedDatabase",
            "database-form",
            "the shared database is not 1 to 63 of a to z, 0 to 9 and underscore",
            "leave it out for " + StoreAddress.SHARED_DATABASE)
        .that(
            r.sslMode() == null
                || r.sslMode().matches("disable|prefer|require|verify-ca|verify-full"),
            "sslMode",
            "ssl-mode-unknown",
            "sslMode is none of disable, prefer, require, verify-ca, verify-full",
            "leave it out for " + StoreAddress.SSL_MODE)
        .word("region", r.region())
        .word("tier", r.tier())
        .that(r.capacity() != null, "capacity", "field-missing", "capacity is missing", "give it")
        .range(
            "capacity.homesMax", r.capacity() == null ? 1 : r.capacity().homesMax(), 1, HOMES_MAX)
        .range(
            "capacity.connectionsMax",
            r.capacity() == null ? 1 : r.capacity().connectionsMax(),
            1,
            CONNECTIONS_MAX)
        .range(
            "capacity.workMax",
            r.capacity() == null ? 1 : r.capacity().workMax(),
            1,
            CONNECTIONS_MAX)
        .tags(r.tags())
        .problem();
  }

  private static Decision<Event> update(Registered store, Command.Update u) {
    Registration old = store.registration();
    Registration next =
        new Registration(
            old.store(),
            old.engine(),
            or(u.host(), old.host()),
            or(u.port(), old.port()),
            or(u.adminUser(), old.adminUser()),
            or(u.adminSecret(), old.adminSecret()),
            old.sharedDatabase(),
            u.sslMode() == null ? old.sslMode() : u.sslMode(),
            or(u.region(), old.region()),
            or(u.tier(), old.tier()),
            or(u.capacity(), old.capacity()),
            or(u.tags(), old.tags()));
    if (next.equals(old)) {
      return Decision.accept();
    }
    Optional<Problem> problem = flaw(next);
    if (problem.isPresent()) {
      return Decision.refuse(problem.get());
    }
    long taken = store.homes().used() + store.homes().reserved();
    if (next.capacity().homesMax() < taken) {
      return Decision.refuse(
          Problem.conflict("capacity-below-use", taken + " places are taken or reserved")
              .at("capacity.homesMax")
              .todo("drain the store to keep new homes away"));
    }
    return next.address().equals(old.address())
        ? Decision.accept(new Event.Updated(next))
        : Decision.accept(new Event.Updated(next), new Event.CheckStarted(store.checks() + 1));
  }

  private static <T> T or(@Nullable T given, T old) {
    return given == null ? old : given;
  }

  private static Optional<Problem> closed(Registered store) {
    String where = "store/" + store.registration().store();
    if (store.draining()) {
      return Optional.of(
          Problem.conflict("store-draining", "the store takes no new homes")
              .at(where)
              .todo("choose another store, or undrain it"));
    }
    return switch (store.health()) {
      case Health.Ready _ -> Optional.empty();
      case Health.Unknown _ ->
          Optional.of(
              Problem.conflict("store-not-ready", "the store has not been checked yet")
                  .at(where)
                  .todo("wait for its check, or choose another store"));
      case Health.Unusable(var problem) ->
          Optional.of(
              Problem.conflict("store-unusable", "the last check failed: " + problem.what())
                  .at(where)
                  .todo("mend it and check it again, or choose another store"));
    };
  }

  private static Decision<Event> placed(Decision<PlaceEntry> decision) {
    return switch (decision) {
      case Decision.Accept<PlaceEntry>(var entries) -> Decision.accept(events(entries));
      case Decision.Refuse<PlaceEntry>(var problem) -> Decision.refuse(problem);
      case Decision.Later<PlaceEntry>(var after, var problem) -> Decision.later(after, problem);
    };
  }

  private static List<Event> events(List<PlaceEntry> entries) {
    List<Event> events = new ArrayList<>();
    entries.forEach(entry -> events.add(new Event.Placed(entry)));
    return events;
  }

  static Store evolve(Store state, Event event) {
    return switch (state) {
      case Absent(var checks) when event instanceof Event.Registered(var registration) ->
          new Registered(
              registration, new Health.Unknown(), checks, false, false, Reservations.NONE);
      case Absent _ -> throw new IllegalStateException(event + " after " + state);
      case Registered r ->
          switch (event) {
            case Event.Registered _ -> throw new IllegalStateException(event + " after " + state);
            case Event.Updated(var registration) ->
                new Registered(
                    registration, r.health(), r.checks(), r.checking(), r.draining(), r.homes());
            case Event.CheckStarted(var check) ->
                new Registered(r.registration(), r.health(), check, true, r.draining(), r.homes());
            case Event.Checked(_, var health) -> r.with(health, false);
            case Event.Placed(var entry) ->
                new Registered(
                    r.registration(),
                    r.health(),
                    r.checks(),
                    r.checking(),
                    r.draining(),
                    r.homes().after(entry));
            case Event.Drained _ ->
                new Registered(
                    r.registration(), r.health(), r.checks(), r.checking(), true, r.homes());
            case Event.Undrained _ ->
                new Registered(
                    r.registration(), r.health(), r.checks(), r.checking(), false, r.homes());
            case Event.Deregistered _ -> new Absent(r.checks());
          };
    };
  }
}
