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
import io.copyhold.tenants.changelog.SchemaVersion;
import io.copyhold.tenants.placement.Homes;
import io.copyhold.tenants.pool.Pool;
import io.copyhold.tenants.tenant.TenantCommand;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One wave: takes homes, store by store and a few at a time, asks their owners again and again to
 * migrate, and counts. Asking is level-triggered: an owner that is there, on its way or has failed
 * under this request does nothing and says so. Ends when the wave's share is through, or the budget
 * is exceeded and nothing flies.
 *
 * @param name journaled
 * @param before the wave whose front this one goes on from, or null
 * @param size how many homes the waves up to this one take; null for all
 * @param budget failures after which it stops; null for no limit
 * @param rescan from the first home on, counting all anew
 */
record Wave(
    Homes homes,
    Rollout.Input input,
    String name,
    @Nullable String before,
    Rollout.@Nullable Size size,
    Rollout.@Nullable Size budget,
    boolean rescan)
    implements Step {
  static final String COUNT = "count";

  /**
   * Homes asked at the same time, at most; fewer when the target is long, since each call carries
   * it.
   */
  private static final int FLIGHTS_MAX = 64;

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
    if (before == null) {
      return Front.begin(step.data(COUNT).path("total").asLong());
    }
    Front last = Mappers.JSON.convertValue(step.data(before), Front.class);
    return rescan ? last.again() : last.next();
  }

  private StepResult.Call call(Flight flight) {
    EntityRef owner = EntityRef.parse(flight.owner());
    return new StepResult.Call(
        owner,
        owner.type().equals("pool")
            ? new Pool.Command.MigrateTo(input.plan().target(), input.request())
            : new TenantCommand.MigrateTo(input.plan().target(), input.request()));
  }

  private void take(Front.Builder front, StepContext step) {
    String changelog = input.plan().target().changelog();
    long limit = size == null ? Long.MAX_VALUE : size.of(front.total);
    int flights = flightsMax();
    boolean moved = true;
    while (moved && !step.stopping()) {
      moved = openStores(front, changelog);
      for (Cursor cursor : List.copyOf(front.cursors)) {
        if (room(front, cursor, flights, limit)) {
          List<Homes.Entry> page =
              homes.page(
                  changelog,
                  input.plan().selector(),
                  cursor.store(),
                  cursor.after(),
                  Homes.PAGE_MAX);
          Cursor now = cursor;
          for (Homes.Entry entry : page) {
            if (!room(front, cursor, flights, limit)) {
              break;
            }
            take(front, entry);
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

  private boolean room(Front.Builder front, Cursor cursor, int flights, long limit) {
    return front.flying.size() < flights
        && front.taken() < limit
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

  private void take(Front.Builder front, Homes.Entry entry) {
    String failed = entry.failedRequest();
    if (input.failedUnder() != null
        && (failed == null || !failed.startsWith(input.failedUnder()))) {
      return; // this one did not fail before
    }
    if (!SchemaVersion.before(entry.version(), input.plan().target().version())) {
      front.done++;
    } else {
      front.flying.add(new Flight(entry.owner().toString(), entry.store()));
    }
  }

  private int flightsMax() {
    int bytes = 300 + 10 * input.plan().target().versions().size();
    return Math.clamp(CALLS_BYTES_MAX / bytes, 4, FLIGHTS_MAX);
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
          JsonNode view = applied.view();
          if (!SchemaVersion.before(
              view.path("schemaVersion").asText(SchemaVersion.NONE),
              input.plan().target().version())) {
            next.done++;
          } else if (view.path("failedRequest").asText().equals(input.request())) {
            next.failed(flight.owner(), view.path("problem").asText());
          } else {
            still.add(flight);
          }
        }
        case Reply.Refused(Problem problem) -> {
          if (GONE.contains(problem.code())) {
            next.skipped++;
          } else {
            next.failed(flight.owner(), problem.code());
          }
        }
        case Reply.NotNow _ -> still.add(flight);
      }
    }
    boolean news = still.size() < front.flying().size();
    next.flying.clear();
    next.flying.addAll(still);
    next.exceeded =
        next.exceeded
            || budget != null && next.failed - next.failedBefore > budget.of(front.total());
    return again(next.build(false), news ? AFTER_NEWS : AFTER_NONE);
  }

  private static StepResult again(Front front, Duration after) {
    return StepResult.again(front, after, front.done() + front.failed(), front.total());
  }
}
