package io.copyhold.chaos.experiment;

import io.copyhold.chaos.experiment.Plan.Expected;
import io.copyhold.chaos.experiment.Plan.Planned;
import io.copyhold.chaos.fault.Fault;
import io.copyhold.chaos.fault.Probe;
import io.copyhold.runtime.Problem;
import io.copyhold.tenants.Fields;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What a {@link Plan} must keep to, whatever the installation looks like. */
final class PlanRules {
  static final int PROBES_MAX = 16;
  static final int FAULTS_MAX = 32;
  static final int DURATION_SECONDS_MAX = 3_600;
  private static final int TEXT_MAX = 200;
  private static final int LATENCY_MS_MAX = 60_000;
  private static final int DELAY_MS_MAX = 60_000;
  private static final int DAY = 24 * 3_600;
  private static final String TENANT = "tenant/";
  private static final String STORE = "store/";

  /** Paths that an experiment may read. */
  private static final String READABLE = "/(v1/[A-Za-z0-9/._?&=:,-]{1,180}|health/(live|ready))";

  private PlanRules() {}

  static Optional<Problem> flaw(Plan plan) {
    Fields fields =
        Fields.check()
            .id("experiment", plan.experiment())
            .text("purpose", plan.purpose(), TEXT_MAX)
            .range("hypothesis", plan.hypothesis().size(), 1, PROBES_MAX)
            .range("faults", plan.faults().size(), 1, FAULTS_MAX)
            .range("aborts", plan.aborts().size(), 0, PROBES_MAX)
            .range("durationSeconds", plan.durationSeconds(), 1, DURATION_SECONDS_MAX)
            .range("steadySeconds", plan.steadySeconds(), 1, 600)
            .range("recoverSeconds", plan.recoverSeconds(), 1, DURATION_SECONDS_MAX)
            .range("leaseSeconds", plan.leaseSeconds(), 2, DURATION_SECONDS_MAX)
            .range("radius.tenantsMax", plan.radius().tenantsMax(), 0, 1_000_000);
    Set<String> names = new HashSet<>();
    for (Expected expected : plan.hypothesis()) {
      probe(fields, expected.probe());
      fields
          .range("outageMsMax", expected.outageMsMax(), 0, DURATION_SECONDS_MAX * 1_000)
          .that(
              names.add(expected.probe().name()),
              "hypothesis",
              "probe-twice",
              "two probes are named " + expected.probe().name(),
              "give each a name of its own");
    }
    for (Planned planned : plan.faults()) {
      fault(fields, planned, plan);
    }
    for (Plan.Abort abort : plan.aborts()) {
      fields
          .range("aborts.outageMs", abort.outageMs(), 100, DURATION_SECONDS_MAX * 1_000)
          .that(
              names.contains(abort.probe()),
              "aborts",
              "probe-unknown",
              "no probe is named " + abort.probe(),
              "name one of the hypothesis");
    }
    return fields.problem();
  }

  private static void probe(Fields fields, Probe probe) {
    fields
        .word("hypothesis.name", probe.name())
        .range("hypothesis.latencyMsMax", probe.latencyMsMax(), 50, LATENCY_MS_MAX);
    switch (probe) {
      case Probe.Http http ->
          path(fields, "hypothesis.path", http.path())
              .range("hypothesis.status", http.status(), 200, 599);
      case Probe.TenantSql sql -> fields.id("hypothesis.tenant", sql.tenant());
      case Probe.OperationGoesOn operation ->
          fields.that(
              String.valueOf(operation.operation()).matches("[a-z0-9/-]{3,200}"),
              "hypothesis.operation",
              "operation-form",
              "this is no operation",
              "name it like tenant/acme/provision/1");
      case Probe.Metric metric ->
          fields
              .text("hypothesis.metric", metric.metric(), TEXT_MAX)
              .that(
                  metric.min() <= metric.max(),
                  "hypothesis",
                  "bounds-order",
                  "min is above max",
                  "swap them");
      case Probe.Write _ -> {}
    }
  }

  private static Fields path(Fields fields, String field, String path) {
    return fields.that(
        String.valueOf(path).matches(READABLE),
        field,
        "path-form",
        "this is no path of the API that can be read",
        "name it like /v1/tenants/acme");
  }

  private static void fault(Fields fields, Planned planned, Plan plan) {
    boolean momentary = planned.fault() instanceof Fault.KillNode;
    fields
        .range("faults.atSecond", planned.atSecond(), 0, DURATION_SECONDS_MAX)
        .range(
            "faults.forSeconds",
            planned.forSeconds(),
            momentary ? 0 : 1,
            momentary ? 0 : DURATION_SECONDS_MAX)
        .that(
            planned.atSecond() + planned.forSeconds() <= plan.durationSeconds(),
            "faults",
            "fault-outlasts",
            "a fault is to end after the experiment",
            "make durationSeconds longer, or the fault shorter");
    switch (planned.fault()) {
      case Fault.KillNode(var node) -> node(fields, node, plan);
      case Fault.PauseNode(var node) -> node(fields, node, plan);
      case Fault.CutLink(var from, var to, _) -> link(fields, from, to, plan);
      case Fault.SlowLink(var from, var to, int delay, int jitter, int loss) -> {
        link(fields, from, to, plan);
        slow(fields, delay, jitter, loss);
      }
      case Fault.JournalAway _ -> journal(fields, plan);
      case Fault.StoreAway(var store, _) -> store(fields, store, plan);
      case Fault.SlowStore(var store, int delay, int jitter, int loss) -> {
        store(fields, store, plan);
        slow(fields, delay, jitter, loss);
      }
      case Fault.FullDisk(var target) -> database(fields, target, plan);
      case Fault.PoisonEntity(var entity) -> entity(fields, String.valueOf(entity), plan);
      case Fault.ClockJump(var node, int seconds) -> {
        node(fields, node, plan);
        fields.range("faults.seconds", seconds, -DAY, DAY);
      }
      case Fault.FailStep(var operation, var step, int times) ->
          fields
              .word("faults.operation", operation)
              .text("faults.step", step, 100)
              .range("faults.times", times, 1, 1_000);
      case Fault.LoadSpike(var path, int rate) ->
          path(fields, "faults.path", path).range("faults.requestsPerSecond", rate, 1, 2_000);
    }
  }

  private static void slow(Fields fields, int delayMs, int jitterMs, int lossPercent) {
    fields
        .range("faults.delayMs", delayMs, 0, DELAY_MS_MAX)
        .range("faults.jitterMs", jitterMs, 0, DELAY_MS_MAX)
        .range("faults.lossPercent", lossPercent, 0, 90);
  }

  private static void node(Fields fields, String node, Plan plan) {
    within(fields, "nodes", node, plan.radius().nodes());
  }

  private static void store(Fields fields, String store, Plan plan) {
    within(fields, "stores", store, plan.radius().stores());
  }

  private static void link(Fields fields, String from, String to, Plan plan) {
    node(fields, from, plan);
    if (Fault.isNode(to)) {
      node(fields, to, plan);
    } else {
      database(fields, to, plan);
    }
    fields.that(
        !from.equals(to), "faults", "link-ends", "a link has two ends", "name another node");
  }

  private static void database(Fields fields, String name, Plan plan) {
    if (name.equals("journal")) {
      journal(fields, plan);
    } else {
      store(fields, name, plan);
    }
  }

  private static void entity(Fields fields, String entity, Plan plan) {
    if (entity.startsWith(TENANT)) {
      within(fields, "tenants", entity.substring(TENANT.length()), plan.radius().tenants());
    } else if (entity.startsWith(STORE)) {
      store(fields, entity.substring(STORE.length()), plan);
    } else {
      fields.that(
          false,
          "faults.entity",
          "entity-form",
          "only a tenant or a store can be poisoned",
          "name it like tenant/acme");
    }
  }

  private static void journal(Fields fields, Plan plan) {
    fields.that(
        plan.radius().journal(),
        "radius.journal",
        "beyond-radius",
        "the journal would be hit, and is not within the radius",
        "add it to the radius, or drop the fault");
  }

  private static void within(Fields fields, String what, String name, List<String> allowed) {
    fields.that(
        allowed.contains(name),
        "radius." + what,
        "beyond-radius",
        name + " would be hit, and is not within the radius",
        "add it to the radius, or drop the fault");
  }
}
