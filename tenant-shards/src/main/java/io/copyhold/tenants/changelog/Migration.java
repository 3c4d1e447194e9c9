package io.copyhold.tenants.changelog;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.Decision;
import io.copyhold.tenants.Fields;
import io.copyhold.tenants.isolation.HomeRef;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A home on its way to another version.
 *
 * @param request names who asked: {@code rollout/summer/1}; at most {@value #REQUEST_CHARS_MAX}
 *     characters
 */
public record Migration(Target target, String request) {
  public static final int REQUEST_CHARS_MAX = 128;

  /** Journaled name of the operation that takes a home to a version. */
  public static final String OPERATION = "home-migrate";

  /**
   * Input of that operation.
   *
   * @param from the version that the owner knows of; the home's ledger may be further
   * @param epoch of the home
   */
  public record Input(HomeRef home, Target target, String from, long epoch) {}

  /**
   * The last migration that failed. What it did before stays: each script is whole or not at all.
   */
  public record Failure(String version, String request, Problem problem) {
    boolean is(Target target, String other) {
      return version.equals(target.version()) && request.equals(other);
    }
  }

  /** A home whose owner is busy is asked again after this. */
  public static final Duration BUSY = Duration.ofSeconds(2);

  /**
   * Whether a home is to begin a migration: it (accepted), nothing (it is there, on its way, or
   * this request has failed before), or why not.
   *
   * @param owner {@code pool/shared}
   * @param version the home has
   * @param claimedBy the operation that holds the home, or null
   * @param current the migration that runs, or null
   * @param failure the last one that failed, or null
   */
  public static Decision<Migration> decide(
      String owner,
      String changelog,
      String version,
      @Nullable String claimedBy,
      @Nullable Migration current,
      @Nullable Failure failure,
      @Nullable Target target,
      @Nullable String request) {
    Optional<Problem> flaw = flaw(target, request);
    if (target == null || request == null || flaw.isPresent()) {
      return Decision.refuse(flaw.orElseThrow());
    }
    if (!target.changelog().equals(changelog)) {
      return Decision.refuse(
          Problem.conflict("changelog-differs", owner + " follows the changelog " + changelog)
              .at("target.changelog")
              .todo("migrate it to a version of " + changelog));
    }
    if (current != null && current.target().version().equals(target.version())
        || !SchemaVersion.before(version, target.version())
        || failure != null && failure.is(target, request)) {
      return Decision.accept();
    }
    return claimedBy == null
        ? Decision.accept(new Migration(target, request))
        : Decision.later(BUSY, claimed(owner, claimedBy));
  }

  /** Somebody else has the home. */
  public static Problem claimed(String owner, String operation) {
    return Problem.unavailable("home-claimed", "the operation " + operation + " holds the home")
        .at(owner)
        .todo("wait for it, or look at operation/" + owner + "/" + operation);
  }

  private static Optional<Problem> flaw(@Nullable Target target, @Nullable String request) {
    String flaw = Target.flaw(target);
    return Fields.check()
        .that(
            flaw == null,
            "target",
            "target-form",
            String.valueOf(flaw),
            "take it from the changelog")
        .text("request", request, REQUEST_CHARS_MAX)
        .problem();
  }
}
