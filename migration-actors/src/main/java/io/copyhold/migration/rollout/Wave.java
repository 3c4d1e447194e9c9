package io.copyhold.migration.rollout;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.migration.rollout.Front.Cursor;
import io.copyhold.migration.rollout.Front.Flight;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.Reply;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.operation.Step;
import io.copyhold.runtime.operation.StepContext;
import io.copyhold.runtime.operation.StepResult;
import io.copyhold.tenants.changelog.Migration;
import io.copyhold.tenants.changelog.SchemaVersion;
import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.placement.Homes;
import io.copyhold.tenants.pool.Pool;
import io.copyhold.tenants.tenant.TenantCommand;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One wave: goes through the homes as the directory lists them, store by store, counts those that
 * are there already, asks the owners of the others again and again, a few at a time, and counts
 * what came of it. Asking is level-triggered: an owner that is there, on its way or has failed
 * under this request does nothing and says so. Ends when its homes are through, or the budget is
 * exceeded and nothing flies; what a halted wave has not reached goes with the next one.
 *
 * @param name journaled
 * @param before the wave before, whose accepted failures count here too; or null
 * @param index of the last wave whose homes are taken
 */
record Wave(
    Homes homes, Rollout.Input input, String name, @Nullable String before, int index, Kind kind)
    implements Step {
  static final String COUNT = "count";

  /** Which homes are its business. */
  enum Kind {
    /** Those of one wave and of those before it, within the budget. */
    FORWARD,
    /** All: finds what was missed, and counts exactly. */
    SWEEP,
    /** Those that failed before. */
    RETRY,
    /** Those that this rollout brought to the version. */
    BACK
  }

  /** Bytes that the calls of one round may take in the operation's state. */
  private static final int CALLS_BYTES_MAX = 32 * 1024;

  private static final Duration AFTER_NEWS = Duration.ofMillis(200);
  private static final Duration AFTER_NONE = Duration.ofSeconds(1);

  /** Refusals of homes that are not, or no longer, the rollout's business. */
  private static final Set<String> GONE =
      Set.of(
          "tenant-unknown",
          "tenant-offboarding",
          "tenant-offboarded",
          "tenant-not-active",
          "pool-unknown",
          "pool-not-open",
          "changelog-differs",
          "home-shared");

  /** Problems of homes that are not as their ledger says: a person has to look at each. */
  private static final Set<String> DRIFTED =
      Set.of("checksum-changed", "shape-drifted", "out-of-order", "other-changelog");

  @Override
  public StepResult run(StepContext step) {
    Front front = front(step);
    if (front.asking()) {
      return StepResult.calls(front.flying().stream().map(this::call).toList());
    }
    Front.Builder next = new Front.Builder(front);
    if (!front.exceeded()) {
      take(next, step);
    }
    return next.flying.isEmpty()
        ? StepResult.done(next.build(false))
        : again(next.build(true), Duration.ZERO);
  }

  private Front front(StepContext step) {
    if (step.checkpoint().isPresent()) {
      return Mappers.JSON.convertValue(step.checkpoint().get(), Front.class);
    }
    return before == null
        ? Front.begin(step.data(COUNT).path("total").asLong())
        : Mappers.JSON.convertValue(step.data(before), Front.class).next();
  }

  private Waves waves(StepContext step) {
    List<Long> cuts = new ArrayList<>();
    step.data(COUNT).path("cuts").forEach(cut -> cuts.add(cut.asLong()));
    return new Waves(input.plan(), cuts);
  }

  private StepResult.Call call(Flight flight) {
    EntityRef owner = EntityRef.parse(flight.owner());
    boolean pool = owner.type().equals("pool");
    String request = input.request() + "#" + flight.wave();
    Object command =
        kind == Kind.BACK
            ? pool
                ? new Pool.Command.TakeBack(input.plan().target(), input.under(), request)
                : new TenantCommand.TakeBack(input.plan().target(), input.under(), request)
            : pool
                ? new Pool.Command.MigrateTo(input.plan().target(), request)
                : new TenantCommand.MigrateTo(input.plan().target(), request);
    return new StepResult.Call(owner, command);
  }

  private void take(Front.Builder front, StepContext step) {
    String changelog = input.plan().target().changelog();
    Waves waves = waves(step);
    int flights = flightsMax();
    boolean moved = true;
    while (moved && !step.stopping() && !front.exceeded) {
      moved = openStores(front, changelog);
      for (Cursor cursor : List.copyOf(front.cursors)) {
        if (room(front, cursor, flights)) {
          List<Homes.Entry> page =
              homes.page(
                  changelog,
                  input.plan().selector(),
                  cursor.store(),
                  cursor.after(),
                  Homes.PAGE_MAX);
          Cursor now = cursor;
          for (Homes.Entry entry : page) {
            if (!room(front, cursor, flights)) {
              break;
            }
            take(front, entry, waves);
            now = new Cursor(cursor.store(), entry.owner().toString());
          }
          front.cursors.remove(cursor);
          if (!page.isEmpty()) {
            front.cursors.add(now);
          }
          moved = true;
        }
      }
    }
  }

  private boolean room(Front.Builder front, Cursor cursor, int flights) {
    return !front.exceeded
        && front.flying.size() < flights
        && front.flyingAt(cursor.store()) < input.plan().perStore();
  }

  /** Lets stores in that have not been worked on yet; true when one came in. */
  private boolean openStores(Front.Builder front, String changelog) {
    if (front.cursors.size() >= Front.STORES_MAX) {
      return false;
    }
    boolean opened = false;
    for (Homes.StoreCount store : homes.stores(changelog, input.plan().selector())) {
      if (front.cursors.size() < Front.STORES_MAX
          && (front.lastStore == null || store.store().compareTo(front.lastStore) > 0)) {
        front.cursors.add(new Cursor(store.store(), null));
        front.lastStore = store.store();
        opened = true;
      }
    }
    return opened;
  }

  private void take(Front.Builder front, Homes.Entry home, Waves waves) {
    int wave = waves.of(home);
    if (!ours(home, wave)) {
      return;
    }
    String where = kind == Kind.FORWARD && wave == index ? ref(home) : null;
    String owner = home.owner().toString();
    if (kind != Kind.BACK && there(home.version())) {
      front.done++;
      if (under(home.arrivedBy())) {
        front.attempted++;
      }
      front.probe(where);
    } else if (under(home.failedRequest()) && home.cause() != null) {
      failed(front, owner, home.cause());
    } else {
      front.flying.add(new Flight(owner, home.store(), part(home, wave), where));
    }
  }

  private boolean ours(Homes.Entry home, int wave) {
    return switch (kind) {
      case FORWARD -> wave <= index;
      case SWEEP -> true;
      case RETRY -> home.failedRequest() != null && home.failedRequest().startsWith(input.under());
      case BACK ->
          home.arrivedBy() != null
              && home.arrivedBy().startsWith(input.under())
              && (input.back() == null
                  || input.back().wave() == null
                  || home.arrivedBy().endsWith("#" + input.back().wave()));
    };
  }

  /** The wave that a home is counted to, if it is taken back: the one it first went with. */
  private String part(Homes.Entry home, int wave) {
    String earlier = kind == Kind.RETRY ? home.failedRequest() : null;
    int at = earlier == null ? -1 : earlier.indexOf('#');
    return earlier == null || at < 0 ? Waves.name(input.plan(), wave) : earlier.substring(at + 1);
  }

  private static String ref(Homes.Entry home) {
    return new HomeRef(home.store(), home.traits().isolation(), home.traits().name()).toString();
  }

  private boolean there(String version) {
    return !SchemaVersion.before(version, input.plan().target().version());
  }

  /** Whether it is a request of this very operation. */
  private boolean under(@Nullable String request) {
    return request != null && Migration.base(request).equals(input.request());
  }

  private static void failed(Front.Builder front, String owner, String cause) {
    int colon = cause.indexOf(':');
    if (DRIFTED.contains(colon < 0 ? cause : cause.substring(0, colon))) {
      front.drifted(owner, cause);
    } else {
      front.failed(owner, cause);
    }
  }

  private int flightsMax() {
    int bytes = 330 + 10 * input.plan().target().versions().size();
    Integer wanted = input.plan().atOnce();
    int most = wanted == null ? RolloutType.AT_ONCE_MAX : wanted;
    return Math.clamp(CALLS_BYTES_MAX / bytes, 1, most);
  }

  @Override
  public StepResult answered(StepContext step, List<Reply> replies) {
    Front front = front(step);
    Front.Builder next = new Front.Builder(front);
    List<Flight> still = new ArrayList<>();
    for (int i = 0; i < replies.size(); i++) {
      Flight flight = front.flying().get(i);
      switch (replies.get(i)) {
        case Reply.Applied applied -> {
          if (!landed(next, flight, applied.view())) {
            still.add(flight);
          }
        }
        case Reply.Refused(Problem problem) -> {
          if (GONE.contains(problem.code())) {
            next.skipped++;
          } else {
            failed(next, flight.owner(), problem.code());
          }
        }
        case Reply.NotNow _ -> still.add(flight);
      }
    }
    boolean news = still.size() < front.flying().size();
    next.flying.clear();
    next.flying.addAll(still);
    if (kind == Kind.FORWARD) {
      next.judge(input.plan());
    }
    return again(next.build(false), news ? AFTER_NEWS : AFTER_NONE);
  }

  /** Counts what has become of the home; false while it is on its way. */
  private boolean landed(Front.Builder next, Flight flight, JsonNode view) {
    boolean arrived =
        kind == Kind.BACK
            ? !view.path("arrivedBy").asText().startsWith(input.under())
            : there(view.path("schemaVersion").asText(SchemaVersion.NONE));
    if (arrived) {
      next.done++;
      next.attempted++;
      next.probe(flight.home());
      return true;
    }
    if (under(view.path("failedRequest").asText())) {
      failed(next, flight.owner(), view.path("cause").asText(view.path("problem").asText()));
      return true;
    }
    return false;
  }

  private static StepResult again(Front front, Duration after) {
    return StepResult.again(
        front, after, front.done() + front.failed() + front.drifted(), front.total());
  }
}
