package io.copyhold.tenants.changelog;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.Decision;
import io.copyhold.tenants.Fields;
import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.store.Turn;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A home on its way to another version: to the target's, or from it back to an earlier one. Or one
 * that stays where it is, and whose shape is accepted as somebody has changed it by hand, or whose
 * change to the target's version is taken a phase further.
 *
 * @param request names who asked, and after a {@code #} which part of it: {@code
 *     rollout/summer/1#wave-2}; at most {@value #REQUEST_CHARS_MAX} characters
 * @param back the version it goes back to; null on the way forward
 * @param accepts digest of the shape that is accepted, see {@link
 *     io.copyhold.tenants.store.Drift#digest}; otherwise null
 * @param turn what becomes of the change to the target's version; otherwise null
 */
public record Migration(
    Target target,
    String request,
    @Nullable String back,
    @Nullable String accepts,
    @Nullable Turn turn) {
  public static final int REQUEST_CHARS_MAX = 128;

  /** Journaled name of the operation that takes a home to a version. */
  public static final String OPERATION = "home-migrate";

  /** Journaled name of the operation that takes a home back to an earlier one. */
  public static final String BACK = "home-take-back";

  /** Journaled name of the operation that accepts a home's shape. */
  public static final String ACCEPT = "home-accept";

  /** Journaled name of the operation that takes a live schema change a phase further. */
  public static final String TURN = "home-turn";

  private static final int CAUSE_CHARS_MAX = 120;

  /** What differs between homes in one and the same trouble: names, values, numbers. */
  private static final Pattern PARTICULARS =
      Pattern.compile("(SQLSTATE [0-9A-Z]{5})|\"[^\"]*\"|'[^']*'|\\([^()]*\\)|\\d+");

  public Migration(Target target, String request) {
    this(target, request, null, null, null);
  }

  /** Journaled name of the operation that does it. */
  public String operation() {
    return accepts != null ? ACCEPT : turn != null ? TURN : back == null ? OPERATION : BACK;
  }

  /** Whether the home will have another version. */
  public boolean moves() {
    return accepts == null && turn == null;
  }

  /** That the home will have. */
  public String version() {
    return back == null ? target.version() : back;
  }

  /**
   * How a home that was at {@code before} came to its new version; null after a way back: what came
   * earlier is not taken back by that.
   *
   * @param known how it came to the version before
   */
  public @Nullable Arrival arrival(String before, @Nullable Arrival known) {
    return !moves() ? known : back == null ? new Arrival(request, before) : null;
  }

  /** Who asked, without the part. */
  public static String base(String request) {
    int at = request.indexOf('#');
    return at < 0 ? request : request.substring(0, at);
  }

  /**
   * Input of those operations.
   *
   * @param from the version that the owner knows of; the home's ledger may be further
   * @param epoch of the home
   * @param back see {@link Migration#back}
   * @param accepts see {@link Migration#accepts}
   * @param turn see {@link Migration#turn}
   */
  public record Input(
      HomeRef home,
      Target target,
      String from,
      long epoch,
      @Nullable String back,
      @Nullable String accepts,
      @Nullable Turn turn) {
    public Input(HomeRef home, Target target, String from, long epoch) {
      this(home, target, from, epoch, null, null, null);
    }
  }

  /**
   * The migration that brought a home to the version it has.
   *
   * @param from the version before
   */
  public record Arrival(String request, String from) {}

  /**
   * The last migration that failed. What it did before stays: each script is whole or not at all.
   */
  public record Failure(String version, String request, Problem problem) {
    boolean is(String wanted, String other) {
      return version.equals(wanted) && base(request).equals(base(other));
    }

    /**
     * Its code and its message without names, values and numbers: the same for homes in the same
     * trouble, and no place for what is a tenant's.
     */
    public String cause() {
      String what = PARTICULARS.matcher(problem.what()).replaceAll(Failure::general);
      String cause = problem.code() + ": " + what.lines().findFirst().orElse("").strip();
      return cause.length() <= CAUSE_CHARS_MAX ? cause : cause.substring(0, CAUSE_CHARS_MAX);
    }

    private static String general(MatchResult found) {
      return found.group(1) == null ? "…" : found.group(1);
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
    if (current != null && current.moves() && current.version().equals(target.version())
        || !SchemaVersion.before(version, target.version())
        || failure != null && failure.is(target.version(), request)) {
      return Decision.accept();
    }
    return claimedBy == null
        ? Decision.accept(new Migration(target, request))
        : Decision.later(BUSY, claimed(owner, claimedBy));
  }

  /**
   * Whether a home is to begin its way back from what {@code under} brought it to: it (accepted),
   * nothing (somebody else brought it where it is, it is on its way, or this request has failed
   * before), or why not.
   *
   * @param arrival how it came to its version; null when nobody knows
   * @param under how the requests begin whose migrations are taken back
   */
  public static Decision<Migration> takeBack(
      String owner,
      String changelog,
      String version,
      @Nullable String claimedBy,
      @Nullable Migration current,
      @Nullable Failure failure,
      @Nullable Arrival arrival,
      @Nullable Target target,
      @Nullable String under,
      @Nullable String request) {
    Optional<Problem> flaw = flaw(target, request);
    if (target == null || request == null || flaw.isPresent()) {
      return Decision.refuse(flaw.orElseThrow());
    }
    if (current != null && current.back() != null && current.moves()
        || arrival == null
        || under == null
        || !arrival.request().startsWith(under)
        || !target.changelog().equals(changelog)
        || !target.version().equals(version)
        || failure != null && failure.is(arrival.from(), request)) {
      return Decision.accept();
    }
    return claimedBy == null
        ? Decision.accept(new Migration(target, request, arrival.from(), null, null))
        : Decision.later(BUSY, claimed(owner, claimedBy));
  }

  /**
   * Whether a home is to take its shape as somebody has changed it.
   *
   * @param target of the home's changelog; where on it the home stays where it is
   */
  public static Decision<Migration> accept(
      String owner,
      String changelog,
      String version,
      @Nullable String claimedBy,
      @Nullable Migration current,
      @Nullable Target target,
      @Nullable String digest,
      @Nullable String request) {
    Optional<Problem> flaw = flaw(target, request);
    if (flaw.isEmpty() && (digest == null || !digest.matches("[0-9a-f]{64}"))) {
      flaw =
          Optional.of(
              Problem.invalid("digest-form", "the digest is not 64 lower-case hexadecimal digits")
                  .at("digest")
                  .todo("look at the drift, and give the digest that it shows"));
    }
    if (target == null || request == null || digest == null || flaw.isPresent()) {
      return Decision.refuse(flaw.orElseThrow());
    }
    if (!target.changelog().equals(changelog)) {
      return Decision.refuse(
          Problem.conflict("changelog-differs", owner + " follows the changelog " + changelog)
              .at("target.changelog")
              .todo("give a version of " + changelog));
    }
    if (current != null && digest.equals(current.accepts())) {
      return Decision.accept();
    }
    return claimedBy == null
        ? Decision.accept(new Migration(target, request, version, digest, null))
        : Decision.later(BUSY, claimed(owner, claimedBy));
  }

  /**
   * Whether a home is to take its change to the target's version a phase further: it (accepted),
   * nothing (it is doing so, or this request has failed before), or why not. The home itself knows
   * whether the phase is done already.
   */
  public static Decision<Migration> turn(
      String owner,
      String changelog,
      String version,
      @Nullable String claimedBy,
      @Nullable Migration current,
      @Nullable Failure failure,
      @Nullable Target target,
      @Nullable Turn turn,
      @Nullable String request) {
    Optional<Problem> flaw = flaw(target, request);
    if (flaw.isEmpty() && turn == null) {
      flaw =
          Optional.of(
              Problem.invalid("turn-missing", "it is not said what becomes of the change")
                  .at("turn")
                  .todo("complete it or finalize it"));
    }
    if (target == null || request == null || turn == null || flaw.isPresent()) {
      return Decision.refuse(flaw.orElseThrow());
    }
    if (!target.changelog().equals(changelog)) {
      return Decision.refuse(
          Problem.conflict("changelog-differs", owner + " follows the changelog " + changelog)
              .at("target.changelog")
              .todo("give a version of " + changelog));
    }
    if (SchemaVersion.before(version, target.version())) {
      return Decision.refuse(
          Problem.conflict("version-not-there", owner + " is at version " + version)
              .at("target.version")
              .todo("migrate it to " + target.version() + " first"));
    }
    if (current != null && turn == current.turn()
        || failure != null && failure.is(version, request)) {
      return Decision.accept();
    }
    return claimedBy == null
        ? Decision.accept(new Migration(target, request, version, null, turn))
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
