package io.copyhold.chaos.simulation;

import io.copyhold.config.secret.Secrets;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.agenda.Agenda.Due;
import io.copyhold.runtime.entity.Alarm;
import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.placement.Reservations;
import io.copyhold.tenants.pool.Pool;
import io.copyhold.tenants.store.Store;
import io.copyhold.tenants.tenant.Home;
import io.copyhold.tenants.tenant.Tenant;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * When all faults are mended and there was time: no operation runs, the agenda has nothing but
 * alarms, and stores, places and secrets are what the entities say.
 */
final class Converges implements Invariant {
  /** What a home should hold. */
  private static final class Expected {
    private final int scripts;
    private final Map<String, Boolean> tenants = new TreeMap<>();

    Expected(int scripts) {
      this.scripts = scripts;
    }
  }

  private static final Duration SOON = Duration.ofMinutes(1);

  private final Truth truth;
  private final SimAgenda agenda;
  private final SimStores stores;
  private final Secrets secrets;
  private final SimLoop loop;

  Converges(Truth truth, SimAgenda agenda, SimStores stores, Secrets secrets, SimLoop loop) {
    this.truth = truth;
    this.agenda = agenda;
    this.stores = stores;
    this.secrets = secrets;
    this.loop = loop;
  }

  @Override
  public @Nullable String violatedBy(Happening happening) {
    if (!(happening instanceof Happening.Settled)) {
      return null;
    }
    return unsettled().or(this::difference).orElse(null);
  }

  /** Its end was cancelled or failed, and somebody must ask for it again. */
  static boolean halfGone(Object state) {
    return state instanceof Tenant.Offboarding o && o.problem() != null
        || state instanceof Pool.Dropping d && d.problem() != null;
  }

  /** What still moves, or waits for something that should have come. */
  Optional<String> unsettled() {
    for (Truth.Known known : truth.all()) {
      var wanted = known.type().operations(known.state());
      if (!wanted.isEmpty()) {
        EntityRef operation = known.entity().operation(wanted.getFirst().id());
        return Optional.of(
            "%s still wants %s, its row is due at %s: %s"
                .formatted(
                    known.entity(),
                    wanted.getFirst().id(),
                    agenda.due(known.entity(), WantedMeansRow.OPERATIONS_ROW),
                    truth.get(operation).state()));
      }
      if (halfGone(known.state())) {
        return Optional.of("%s is half gone: %s".formatted(known.entity(), known.state()));
      }
    }
    for (Due row : agenda.all()) {
      Truth.Known known = truth.get(row.entity());
      // One that is due later goes then, if it could not be taken away before.
      if (row.due().isBefore(loop.now().minus(SOON))
          && known.type().alarms(known.state()).stream()
              .map(Alarm::name)
              .noneMatch(row.name()::equals)) {
        return Optional.of("nobody wants the row %s of %s".formatted(row.name(), row.entity()));
      }
    }
    return Optional.empty();
  }

  private Optional<String> difference() {
    Map<HomeRef, Expected> expected = new HashMap<>();
    Map<String, Integer> members = new HashMap<>();
    for (Truth.Known known : truth.all()) {
      if (known.state() instanceof Pool.Open open) {
        expected.put(open.spec().home(), new Expected(Story.position(open.version())));
      }
    }
    for (Truth.Known known : truth.all()) {
      String flaw = tenant(known, expected, members);
      if (flaw != null) {
        return Optional.of(flaw);
      }
    }
    return homes(expected).or(() -> places(expected, members));
  }

  private @Nullable String tenant(
      Truth.Known known, Map<HomeRef, Expected> expected, Map<String, Integer> members) {
    String id = known.entity().id();
    return switch (known.state()) {
      case Tenant.Live live -> {
        Home home = live.home();
        String version = home.version();
        Expected there =
            version == null
                ? expected.get(home.ref())
                : expected.computeIfAbsent(home.ref(), _ -> new Expected(Story.position(version)));
        if (there == null) {
          yield "%s lives in %s, which is not open".formatted(known.entity(), home.ref());
        }
        there.tenants.put(id, live.suspended() == null);
        if (home.version() == null) {
          members.merge(home.ref().name(), 1, Integer::sum);
        }
        yield secrets.get(Home.password(id, home.birth())).isPresent()
            ? null
            : "%s has no password".formatted(known.entity());
      }
      default -> null;
    };
  }

  private Optional<String> homes(Map<HomeRef, Expected> expected) {
    Map<HomeRef, SimStore.Contents> actual = new HashMap<>();
    stores.all().forEach(store -> actual.putAll(store.homes()));
    for (Map.Entry<HomeRef, Expected> e : expected.entrySet()) {
      SimStore.Contents there = actual.remove(e.getKey());
      if (there == null) {
        return Optional.of("there is no home " + e.getKey());
      }
      // A migration that failed may have run some of its scripts before.
      if (there.scripts() < e.getValue().scripts || !there.tenants().equals(e.getValue().tenants)) {
        return Optional.of(
            "%s has %d scripts and %s, not %d and %s"
                .formatted(
                    e.getKey(),
                    there.scripts(),
                    new TreeMap<>(there.tenants()),
                    e.getValue().scripts,
                    e.getValue().tenants));
      }
    }
    return actual.keySet().stream()
        .map(Objects::toString)
        .sorted()
        .findFirst()
        .map(home -> "nobody owns the home " + home);
  }

  private Optional<String> places(Map<HomeRef, Expected> expected, Map<String, Integer> members) {
    for (Truth.Known known : truth.all()) {
      String id = known.entity().id();
      Reservations places =
          switch (known.state()) {
            case Store.Registered r -> r.homes();
            case Pool.Open open -> open.members();
            default -> null;
          };
      if (places == null) {
        continue;
      }
      long wanted =
          known.state() instanceof Store.Registered
              ? expected.keySet().stream().filter(home -> home.store().equals(id)).count()
              : members.getOrDefault(id, 0);
      if (places.holders() != wanted || places.used() != wanted || !places.open().isEmpty()) {
        return Optional.of(
            "%s counts %d holders and %s, and there are %d"
                .formatted(known.entity(), places.holders(), places.open(), wanted));
      }
    }
    return Optional.empty();
  }
}
