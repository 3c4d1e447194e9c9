package io.copyhold.chaos.checker;

import io.copyhold.chaos.checker.Violation.Kind;
import java.util.ArrayList;
import java.util.List;

/**
 * What a checker found.
 *
 * @param checker its name
 * @param looked how many things it looked at; a checker that looked at none has shown nothing
 * @param unit what it looked at: {@code calls}
 */
public record Verdict(String checker, long looked, String unit, List<Violation> violations) {
  public Verdict {
    violations = List.copyOf(violations);
  }

  public boolean good() {
    return violations.isEmpty();
  }

  /** Collects what one checker finds. */
  static final class Finding {
    private final String checker;
    private final String unit;
    private final List<Violation> violations = new ArrayList<>();
    private long looked;

    Finding(String checker, String unit) {
      this.checker = checker;
      this.unit = unit;
    }

    void looked() {
      looked++;
    }

    void lost(String what) {
      violations.add(new Violation(checker, Kind.LOST, what));
    }

    void doubled(String what) {
      violations.add(new Violation(checker, Kind.DOUBLED, what));
    }

    void wrong(String what) {
      violations.add(new Violation(checker, Kind.WRONG, what));
    }

    void undecided(String what) {
      violations.add(new Violation(checker, Kind.UNDECIDED, what));
    }

    Verdict verdict() {
      return new Verdict(checker, looked, unit, violations);
    }
  }
}
