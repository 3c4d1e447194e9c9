package io.copyhold.chaos.experiment;

import io.copyhold.chaos.fault.Fault;
import io.copyhold.chaos.fault.Probe;
import java.util.List;

/** Plans to begin from. */
final class Samples {
  static final Probe READS = new Probe.Http("reads", "/v1/tenants/acme", 200, 2_000, null);
  static final Probe WRITES = new Probe.Write("writes", 2_000);

  private Samples() {}

  static Plan plan(Fault fault) {
    return plan(
        fault, new Plan.Radius(List.of("node-1"), List.of("store-a"), true, List.of("acme"), 10));
  }

  static Plan plan(Fault fault, Plan.Radius radius) {
    boolean momentary = fault instanceof Fault.KillNode;
    return new Plan(
        "kill-one",
        "The fleet answers again soon after a node has died.",
        List.of(new Plan.Expected(READS, 5_000), new Plan.Expected(WRITES, 5_000)),
        radius,
        List.of(new Plan.Planned(fault, 1, momentary ? 0 : 10)),
        List.of(new Plan.Abort("reads", 20_000)),
        20,
        3,
        60,
        15);
  }
}
