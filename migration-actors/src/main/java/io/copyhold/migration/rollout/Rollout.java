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
   * @param generation of its operation; retrying what failed is the next one
   * @param retriesOf the generation before, when only failed homes are tried again; null for all
   *     homes of the plan
   */
  record Started(Plan plan, int generation, @Nullable Integer retriesOf, Phase phase)
      implements Rollout {}

  /** How far it is. */
  sealed interface Phase {
    record Running() implements Phase {}

    record Ended(Result result) implements Phase {}

    record Cancelled() implements Phase {}

    record Failed(Problem problem) implements Phase {}
  }

  /**
   * What it is to do.
   *
   * @param waves each up to a share or a number of all homes; after the last one all others follow
   * @param perStore homes of one store that migrate at the same time, 1 to {@value
   *     RolloutType#PER_STORE_MAX}
   * @param budget failures after which it stops and asks
   * @param soakSeconds to wait after each wave but the last
   * @param gated whether each wave but the first waits for an approval
   */
  record Plan(
      String rollout,
      Target target,
      Homes.Selector selector,
      List<Size> waves,
      int perStore,
      Size budget,
      int soakSeconds,
      boolean gated) {
    public Plan {
      waves = waves == null ? List.of() : List.copyOf(waves);
    }
  }

  /** A share or a number of homes. */
  sealed interface Size {
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
   * @param done homes that have the version now
   * @param failed homes whose migration failed
   * @param skipped homes that went away or follow another changelog
   * @param samples at most {@value RolloutType#SAMPLES_MAX} of the failed ones
   */
  record Result(long total, long done, long failed, long skipped, List<Sample> samples) {
    public Result {
      samples = List.copyOf(samples);
    }
  }

  /**
   * @param problem its code
   */
  record Sample(String home, String problem) {}

  sealed interface Command {
    record Start(Plan plan) implements Command {}

    /** Tries the homes again that failed, and no others. */
    record RetryFailed() implements Command {}

    record RecordEnd(int generation, Phase phase) implements Command {}
  }

  sealed interface Event {
    record Began(Plan plan) implements Event {}

    record RetryBegan(int generation, int retriesOf) implements Event {}

    record Ended(int generation, Phase phase) implements Event {}
  }

  /**
   * Input of the operation {@value RolloutType#OPERATION}.
   *
   * @param request under which homes are asked; a home that failed under it is not asked again
   * @param failedUnder how the requests begin whose failed homes are asked, or null for all homes
   */
  record Input(Plan plan, String request, @Nullable String failedUnder) {}

  EntityType<Rollout, Command, Event> TYPE = new RolloutType();
}
