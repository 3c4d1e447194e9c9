package io.copyhold.migration.rollout;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.EntityType;
import io.copyhold.tenants.changelog.Target;
import io.copyhold.tenants.placement.Homes;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Many homes on their way to one version. It is paused, resumed and cancelled through its operation
 * {@code rollout/<generation>}, whose progress shows how far it is.
 */
public sealed interface Rollout {
  record Absent() implements Rollout {}

  /**
   * Started.
   *
   * @param generation of its operation; retrying what failed is the next one, and so is the way
   *     back
   * @param retriesOf the generation before, when only failed homes are tried again; null for all
   *     homes of the plan
   * @param back what is taken back; null on the way forward
   */
  record Started(
      Plan plan, int generation, @Nullable Integer retriesOf, Phase phase, @Nullable Back back)
      implements Rollout {}

  /**
   * The way back.
   *
   * @param wave whose homes are taken back: {@code wave-2}; null for all that this rollout brought
   *     to the version
   */
  record Back(@Nullable String wave) {}

  /** How far it is. */
  sealed interface Phase {
    record Running() implements Phase {}

    /**
     * Waits for a person.
     *
     * @param signal to approve, so that it goes on
     * @param problem why, and what to do
     */
    record Halted(String signal, Problem problem) implements Phase {}

    record Ended(Result result) implements Phase {}

    record Cancelled() implements Phase {}

    record Failed(Problem problem) implements Phase {}
  }

  /**
   * What it is to do.
   *
   * @param waves how far each reaches; after the last one all other homes follow
   * @param perStore homes of one store that migrate at the same time, 1 to {@value
   *     RolloutType#PER_STORE_MAX}
   * @param budget failures after which it stops and asks
   * @param soakSeconds to wait after each wave but the last
   * @param gated whether each wave but the first waits for an approval
   * @param atOnce homes of all stores that migrate at the same time, 1 to {@value
   *     RolloutType#AT_ONCE_MAX}; null for the most
   * @param rate of failures, from which on it stops and asks; null for none
   * @param checks what must hold after each wave's soak; it stops and asks when one does not; null
   *     for nothing
   */
  record Plan(
      String rollout,
      Target target,
      Homes.Selector selector,
      List<Reach> waves,
      int perStore,
      Size budget,
      int soakSeconds,
      boolean gated,
      @Nullable Integer atOnce,
      @Nullable Rate rate,
      @Nullable List<Check> checks) {
    public Plan {
      waves = waves == null ? List.of() : List.copyOf(waves);
      checks = checks == null || checks.isEmpty() ? null : List.copyOf(checks);
    }

    /** What must hold after each wave. */
    List<Check> required() {
      return checks == null ? List.of() : checks;
    }

    public Plan(
        String rollout,
        Target target,
        Homes.Selector selector,
        List<? extends Reach> waves,
        int perStore,
        Size budget,
        int soakSeconds,
        boolean gated) {
      this(
          rollout,
          target,
          selector,
          List.copyOf(waves),
          perStore,
          budget,
          soakSeconds,
          gated,
          null,
          null,
          List.of());
    }
  }

  /**
   * A rate of failures.
   *
   * @param percent of the homes attempted, 1 to 100; above it is too much
   * @param atLeast homes attempted before it is judged at all
   */
  record Rate(int percent, int atLeast) {
    boolean exceeded(long failed, long attempted) {
      return attempted >= atLeast && failed * 100 > attempted * percent;
    }
  }

  /**
   * What must hold.
   *
   * @param attempts before it is given up, 1 to {@value RolloutType#ATTEMPTS_MAX}
   * @param everySeconds between them
   */
  record Check(Probe probe, int attempts, int everySeconds) {}

  /** A question whose answer says whether all is well. */
  sealed interface Probe {
    /**
     * To homes of the wave, as their applications' role, read only.
     *
     * @param expected the first value of the first row as text
     * @param homes how many of the wave are asked, 1 to {@value RolloutType#PROBED_MAX}
     */
    record Sql(String query, String expected, int homes) implements Probe {}

    /** A GET whose answer has this status. */
    record Http(String url, int status) implements Probe {}

    /** A metric of the node that asks, between two bounds; null is no bound. */
    record Metric(String name, @Nullable Double min, @Nullable Double max) implements Probe {}
  }

  /** How far a wave reaches: each home belongs to the first wave that reaches it. */
  sealed interface Reach {}

  /** The homes of a query, as far as the plan's own takes them: the canaries, a region, a plan. */
  record Matching(Homes.Selector selector) implements Reach {}

  /**
   * A share or a number of homes: those that come first in an order that stays the same from
   * rollout to rollout.
   */
  sealed interface Size extends Reach {
    /**
     * @param percent 0 to 100, rounded up
     */
    record Percent(int percent) implements Size {}

    record Count(int count) implements Size {}

    default long of(long total) {
      return switch (this) {
        case Percent(var percent) -> (total * percent + 99) / 100;
        case Count(var count) -> Math.min(count, total);
      };
    }
  }

  /**
   * What came of it.
   *
   * @param total homes of the selection
   * @param done homes that have the version now; on the way back, that have left it
   * @param failed homes whose migration failed
   * @param skipped homes that went away or follow another changelog
   * @param samples at most {@value RolloutType#SAMPLES_MAX} of the failed and the drifted ones
   * @param drifted homes that somebody changed beside their changelog: left alone
   * @param causes of the failures, at most {@value RolloutType#CAUSES_MAX}, the most frequent first
   */
  record Result(
      long total,
      long done,
      long failed,
      long skipped,
      List<Sample> samples,
      long drifted,
      List<Cause> causes) {
    public Result {
      samples = List.copyOf(samples);
      causes = causes == null ? List.of() : List.copyOf(causes);
    }

    public Result(long total, long done, long failed, long skipped, List<Sample> samples) {
      this(total, done, failed, skipped, samples, 0, List.of());
    }
  }

  /**
   * Failures of one kind.
   *
   * @param cause see {@link io.copyhold.tenants.changelog.Migration.Failure#cause}
   * @param example one of the homes
   */
  record Cause(String cause, long homes, String example) {}

  /**
   * @param problem its code
   */
  record Sample(String home, String problem) {}

  sealed interface Command {
    record Start(Plan plan) implements Command {}

    /** Tries the homes again that failed, and no others. */
    record RetryFailed() implements Command {}

    /**
     * Takes homes back to the version that each had before.
     *
     * @param wave {@code wave-2}; null for all that this rollout brought to its version
     */
    record RollBack(@Nullable String wave) implements Command {}

    record RecordHalt(int generation, String signal, Problem problem) implements Command {}

    record RecordGoingOn(int generation) implements Command {}

    record RecordEnd(int generation, Phase phase) implements Command {}
  }

  sealed interface Event {
    record Began(Plan plan) implements Event {}

    record RetryBegan(int generation, int retriesOf) implements Event {}

    record RollbackBegan(int generation, Back back) implements Event {}

    record Halted(int generation, String signal, Problem problem) implements Event {}

    record WentOn(int generation) implements Event {}

    record Ended(int generation, Phase phase) implements Event {}
  }

  /**
   * Input of the operation {@value RolloutType#OPERATION}.
   *
   * @param request under which homes are asked; a home that failed under it is not asked again
   * @param failedUnder how the requests begin whose failed homes are asked, or null for all homes
   * @param back what is taken back, or null
   */
  record Input(Plan plan, String request, @Nullable String failedUnder, @Nullable Back back) {
    public Input(Plan plan, String request, @Nullable String failedUnder) {
      this(plan, request, failedUnder, null);
    }

    /** How all requests of this rollout begin. */
    String under() {
      return "rollout/" + plan.rollout() + "/";
    }

    /** The number of its operation. */
    int generation() {
      return Integer.parseInt(request.substring(request.lastIndexOf('/') + 1));
    }
  }

  EntityType<Rollout, Command, Event> TYPE = new RolloutType();
}
