package io.copyhold.chaos.experiment;

import io.copyhold.chaos.fault.Fault;
import io.copyhold.chaos.fault.Probe;
import java.util.List;

/**
 * What an experiment is. Journaled, so its shape is a promise.
 *
 * @param purpose one sentence
 * @param hypothesis what should stay true, 1 to {@value PlanRules#PROBES_MAX}
 * @param radius what may be hit; a fault that would hit more is refused
 * @param faults 1 to {@value PlanRules#FAULTS_MAX}
 * @param aborts when to lift everything at once
 * @param durationSeconds from the first fault until the last must be over
 * @param steadySeconds for which every probe must be good before the faults, and again after them
 * @param recoverSeconds within which that must be so again
 * @param leaseSeconds after which faults end by themselves when nobody controls the experiment
 */
public record Plan(
    String experiment,
    String purpose,
    List<Expected> hypothesis,
    Radius radius,
    List<Planned> faults,
    List<Abort> aborts,
    int durationSeconds,
    int steadySeconds,
    int recoverSeconds,
    int leaseSeconds) {
  public Plan {
    hypothesis = hypothesis == null ? List.of() : List.copyOf(hypothesis);
    faults = faults == null ? List.of() : List.copyOf(faults);
    aborts = aborts == null ? List.of() : List.copyOf(aborts);
  }

  /**
   * A part of the hypothesis.
   *
   * @param outageMsMax the longest time without good answers that is still fine; 0 for none at all
   */
  public record Expected(Probe probe, int outageMsMax) {}

  /**
   * What may be hit.
   *
   * @param nodes by name
   * @param stores by id
   * @param journal whether the control database may be
   * @param tenants when given, no store may be hit that holds others
   * @param tenantsMax at most so many tenants may be hit
   */
  public record Radius(
      List<String> nodes,
      List<String> stores,
      boolean journal,
      List<String> tenants,
      int tenantsMax) {
    public Radius {
      nodes = nodes == null ? List.of() : List.copyOf(nodes);
      stores = stores == null ? List.of() : List.copyOf(stores);
      tenants = tenants == null ? List.of() : List.copyOf(tenants);
    }
  }

  /**
   * A fault and when.
   *
   * @param atSecond after the beginning
   * @param forSeconds how long; 0 for one that is over at once, such as a kill
   */
  public record Planned(Fault fault, int atSecond, int forSeconds) {}

  /**
   * Ends all faults when a probe has been without good answers for so long.
   *
   * @param probe its name
   */
  public record Abort(String probe, int outageMs) {}

  /** The probes alone. */
  public List<Probe> probes() {
    return hypothesis.stream().map(Expected::probe).toList();
  }
}
