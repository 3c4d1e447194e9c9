package io.copyhold.tenants.pool;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.Decision;
import io.copyhold.tenants.divergence.Evidence;
import io.copyhold.tenants.placement.Reservations;
import io.copyhold.tenants.pool.Pool.Absent;
import io.copyhold.tenants.pool.Pool.Command;
import io.copyhold.tenants.pool.Pool.CreateFailed;
import io.copyhold.tenants.pool.Pool.Creating;
import io.copyhold.tenants.pool.Pool.Diverged;
import io.copyhold.tenants.pool.Pool.Dropping;
import io.copyhold.tenants.pool.Pool.Event;
import io.copyhold.tenants.pool.Pool.Open;
import io.copyhold.tenants.pool.Pool.Spec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Whether a {@link Pool} is behind its home, and how it catches up. */
final class PoolDivergence {
  /** A person has to act first. */
  private static final Duration LATER = Duration.ofSeconds(30);

  private PoolDivergence() {}

  /** Whoever comes or goes waits; what an operation of its lost past reports is passed over. */
  static Decision<Event> decide(Diverged diverged, Command command) {
    return switch (command) {
      case Command.Place _, Command.Lapse _ -> Decision.later(LATER, problem(diverged));
      case Command.Create _,
          Command.MigrateTo _,
          Command.TakeBack _,
          Command.AcceptShape _,
          Command.TurnVersion _,
          Command.Drop _ ->
          Decision.refuse(problem(diverged));
      default -> Decision.accept();
    };
  }

  static Decision<Event> verify(Pool pool, Evidence evidence) {
    Pool before = pool instanceof Diverged d ? d.before() : pool;
    List<String> findings = findings(before, evidence);
    return findings.isEmpty() || pool instanceof Diverged d && d.evidence().equals(evidence)
        ? Decision.accept()
        : Decision.accept(new Event.Diverged(evidence, findings));
  }

  private static List<String> findings(Pool pool, Evidence evidence) {
    return switch (pool) {
      case Open o when o.migration() == null -> open(o, evidence);
      // What runs has effects half done; each is known by its intent.
      case Open _, Creating _, Dropping _ -> evidence.missing();
      case CreateFailed f -> f.leftovers() ? evidence.missing() : evidence.orphaned();
      case Absent _ -> evidence.orphaned();
      case Diverged d -> findings(d.before(), evidence);
    };
  }

  private static List<String> open(Open o, Evidence evidence) {
    List<String> findings = new ArrayList<>(evidence.missing());
    Optional<Evidence.Seen> found = evidence.home(o.spec().home());
    if (found.isEmpty()) {
      findings.add("home " + o.spec().home() + " is gone");
    } else if (!found.get().version().equals(o.version())) {
      findings.add(
          "the home has schema version "
              + found.get().version()
              + ", the journal says "
              + o.version());
    }
    return findings;
  }

  /**
   * @param spec for a pool that the journal does not know
   */
  static Decision<Event> reconcile(Pool pool, @Nullable Spec spec) {
    if (!(pool instanceof Diverged diverged)) {
      return Decision.accept();
    }
    Evidence evidence = diverged.evidence();
    int serial = Math.max(diverged.before().serial(), evidence.serial());
    if (evidence.homes().isEmpty()) {
      return Decision.accept(new Event.Reconciled(null, "", 0, serial));
    }
    Evidence.Seen seen = evidence.homes().getFirst();
    Spec known = spec(diverged.before());
    Spec taken = known == null ? spec : known;
    Optional<Problem> flaw =
        taken == null
            ? Optional.of(
                Problem.invalid("field-missing", "the journal does not know what this pool is")
                    .at("spec")
                    .todo("give what it was created with"))
            : known != null ? Optional.empty() : PoolRules.flaw(taken);
    if (taken == null || flaw.isPresent()) {
      return Decision.refuse(flaw.orElseThrow());
    }
    if (!taken.home().equals(seen.home()) || !taken.target().changelog().equals(seen.changelog())) {
      return Decision.refuse(
          Problem.conflict(
                  "home-differs", "the home is " + seen.home() + " and follows " + seen.changelog())
              .at(evidence.owner())
              .todo("give its store and its changelog"));
    }
    return Decision.accept(
        new Event.Reconciled(taken, seen.version(), birth(diverged, serial), serial));
  }

  private static int birth(Diverged diverged, int serial) {
    return switch (diverged.before()) {
      case Open o -> o.birth();
      case Dropping d -> d.birth();
      default -> diverged.evidence().birth() > 0 ? diverged.evidence().birth() : serial;
    };
  }

  private static @Nullable Spec spec(Pool pool) {
    return switch (pool) {
      case Creating c -> c.spec();
      case CreateFailed f -> f.spec();
      case Open o -> o.spec();
      case Dropping d -> d.spec();
      case Absent _ -> null;
      case Diverged d -> spec(d.before());
    };
  }

  static Pool evolve(Diverged diverged, Event.Reconciled event) {
    Spec spec = event.spec();
    if (spec == null) {
      return new Absent(event.serial());
    }
    return new Open(
        spec,
        event.version(),
        event.birth(),
        event.serial(),
        diverged.before() instanceof Open o ? o.members() : Reservations.NONE,
        null,
        null,
        null);
  }

  static Problem problem(Diverged d) {
    return Evidence.diverged(d.evidence().owner(), d.findings());
  }
}
