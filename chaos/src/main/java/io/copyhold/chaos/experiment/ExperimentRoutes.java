package io.copyhold.chaos.experiment;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.chaos.fault.Fault;
import io.copyhold.chaos.fault.FaultAgent;
import io.copyhold.chaos.fault.Probe;
import io.copyhold.http.admin.Answer;
import io.copyhold.http.admin.Call;
import io.copyhold.http.admin.Kinds;
import io.copyhold.http.admin.Resource;
import io.copyhold.http.admin.Route;
import io.copyhold.http.auth.Permission;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.entity.History;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.operation.Operation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Experiments and the beacons they write to, over HTTP. */
final class ExperimentRoutes {
  private static final String TYPE = Experiment.TYPE.name();
  private static final String ITEM = "/v1/experiments/{id}";
  private static final String BEACON = "/v1/beacons/{id}";
  private static final int LATENCY_MS = 2_000;
  private static final int STEADY_SECONDS = 3;
  private static final int RECOVER_SECONDS = 60;
  private static final int LEASE_SECONDS = 15;
  private static final int TIMELINE_MAX = 200;

  /**
   * What an operator writes.
   *
   * @param hypothesis probes with {@code outageMsMax}
   * @param faults with {@code atSecond} and {@code forSeconds}
   */
  record Body(
      String purpose,
      List<JsonNode> hypothesis,
      Radius radius,
      List<JsonNode> faults,
      @Nullable List<Plan.Abort> aborts,
      int durationSeconds,
      @Nullable Integer steadySeconds,
      @Nullable Integer recoverSeconds,
      @Nullable Integer leaseSeconds) {}

  record Radius(
      @Nullable List<String> nodes,
      @Nullable List<String> stores,
      @Nullable Boolean journal,
      @Nullable List<String> tenants,
      @Nullable Integer tenantsMax) {}

  record Beat(long n) {}

  private final Resource experiments;
  private final Resource beacons;
  private final Resource.Shared shared;
  private final FaultAgent agent;
  private final Supplier<Tenants> tenants;
  private final boolean production;

  /**
   * @param production whether a run needs the approval of a second person
   */
  ExperimentRoutes(
      Resource.Shared shared, FaultAgent agent, Supplier<Tenants> tenants, boolean production) {
    this.experiments = Kinds.resource(TYPE, shared);
    this.beacons = Kinds.resource(Beacon.TYPE.name(), shared);
    this.shared = shared;
    this.agent = agent;
    this.tenants = tenants;
    this.production = production;
  }

  List<Route> routes(int body) {
    List<Route> routes = new ArrayList<>(experiments.reads());
    routes.add(Route.command("PUT", ITEM, this::define).withBody(body));
    routes.add(Route.get(ITEM + "/preview", this::preview));
    routes.add(Route.get(ITEM + "/report", this::report));
    routes.add(
        experiments.command(
            "POST", "/approve", call -> new Experiment.Command.Approve(person(call))));
    routes.add(
        experiments.command(
            "POST", "/run", call -> new Experiment.Command.Run(person(call), production)));
    routes.add(Route.command("POST", ITEM + "/cancel", this::cancel));
    routes.addAll(beacons.reads());
    routes.add(
        Route.command(
                "POST",
                BEACON + "/beat",
                call -> {
                  EntityRef beacon = Kinds.creating(call, Beacon.TYPE.name());
                  return Resource.changed(
                      beacons.ask(
                          call, beacon, new Beacon.Command.Beat(call.body(Beat.class).n())));
                })
            .withBody(body));
    return routes;
  }

  static Map<String, Permission> permissions() {
    Map<String, Permission> asked = new HashMap<>();
    for (String path : List.of("/v1/experiments", "/v1/beacons")) {
      for (String suffix : List.of("", "/{id}", "/{id}/history", "/{id}/diff")) {
        asked.put("GET " + path + suffix, Permission.EXPERIMENT_READ);
      }
    }
    asked.put("GET " + ITEM + "/preview", Permission.EXPERIMENT_READ);
    asked.put("GET " + ITEM + "/report", Permission.EXPERIMENT_READ);
    asked.put("PUT " + ITEM, Permission.EXPERIMENT_WRITE);
    asked.put("POST " + ITEM + "/approve", Permission.EXPERIMENT_APPROVE);
    asked.put("POST " + ITEM + "/run", Permission.EXPERIMENT_RUN);
    asked.put("POST " + ITEM + "/cancel", Permission.EXPERIMENT_RUN);
    asked.put("POST " + BEACON + "/beat", Permission.EXPERIMENT_RUN);
    return asked;
  }

  private Answer define(Call call) throws InterruptedException {
    EntityRef experiment = Kinds.creating(call, TYPE);
    Plan plan = plan(experiment.id(), call.body(Body.class));
    return Resource.changed(
        experiments.ask(call, experiment, new Experiment.Command.Define(plan, person(call))));
  }

  private String person(Call call) throws InterruptedException {
    return Kinds.person(call, shared.entities());
  }

  static Plan plan(String experiment, Body body) {
    List<Plan.Expected> hypothesis = new ArrayList<>();
    for (int i = 0; i < body.hypothesis().size(); i++) {
      String where = "/hypothesis/" + i;
      ObjectNode probe = object(body.hypothesis().get(i), where);
      int outage = number(probe, "outageMsMax", 0, where);
      if (!probe.has("latencyMsMax")) {
        probe.put("latencyMsMax", LATENCY_MS);
      }
      if (probe.path("kind").asText().equals("http") && !probe.has("status")) {
        probe.put("status", 200);
      }
      hypothesis.add(new Plan.Expected(Kinded.read(probe, Probe.class, where), outage));
    }
    List<Plan.Planned> faults = new ArrayList<>();
    for (int i = 0; i < body.faults().size(); i++) {
      String where = "/faults/" + i;
      ObjectNode fault = object(body.faults().get(i), where);
      int at = number(fault, "atSecond", 0, where);
      int length = number(fault, "forSeconds", 0, where);
      faults.add(new Plan.Planned(Kinded.read(fault, Fault.class, where), at, length));
    }
    Radius radius = body.radius();
    return new Plan(
        experiment,
        body.purpose(),
        hypothesis,
        new Plan.Radius(
            or(radius.nodes(), List.of()),
            or(radius.stores(), List.of()),
            or(radius.journal(), false),
            or(radius.tenants(), List.of()),
            or(radius.tenantsMax(), 0)),
        faults,
        or(body.aborts(), List.of()),
        body.durationSeconds(),
        or(body.steadySeconds(), STEADY_SECONDS),
        or(body.recoverSeconds(), RECOVER_SECONDS),
        or(body.leaseSeconds(), LEASE_SECONDS));
  }

  private static <T> T or(@Nullable T given, T otherwise) {
    return given == null ? otherwise : given;
  }

  private static ObjectNode object(JsonNode node, String where) {
    if (node instanceof ObjectNode object) {
      return object.deepCopy();
    }
    throw new ProblemException(
        Problem.invalid("field-type-wrong", "here must be an object").at(where));
  }

  /** Takes a number out of an object. */
  private static int number(ObjectNode from, String field, int otherwise, String where) {
    JsonNode value = from.remove(field);
    if (value == null) {
      return otherwise;
    }
    if (!value.isInt()) {
      throw new ProblemException(
          Problem.invalid("field-type-wrong", "here must be a whole number")
              .at(where + "/" + field));
    }
    return value.intValue();
  }

  private Answer preview(Call call) throws Exception {
    Experiment.Defined defined = defined(call);
    Preview preview = Preview.of(defined.plan(), agent.reach(), tenants.get());
    return Answer.json(200, Mappers.tree(preview, Preview.class));
  }

  private Experiment.Defined defined(Call call) throws InterruptedException {
    JsonNode view = Kinds.view(call, shared.entities(), experiments.entity(call));
    if (Mappers.JSON.convertValue(Kinded.names(view), Experiment.class)
        instanceof Experiment.Defined defined) {
      return defined;
    }
    throw new IllegalStateException("an experiment that can be read is defined");
  }

  private Answer report(Call call) throws InterruptedException {
    EntityRef experiment = experiments.entity(call);
    JsonNode view = Kinds.view(call, shared.entities(), experiment);
    JsonNode report = view.path("phase").path("report");
    if (!report.isObject()) {
      throw new ProblemException(
          Problem.notFound("report-missing", "there is no report")
              .at(experiment.toString())
              .todo("run it, and wait for its end"));
    }
    ObjectNode tree = Mappers.JSON.createObjectNode();
    tree.put("experiment", experiment.id()).put("run", view.path("run").asInt());
    tree.set("report", report);
    ArrayNode journal = tree.putArray("journal");
    EntityRef operation = experiment.operation("run/" + view.path("run").asInt());
    for (History.Entry entry : call.await(shared.history().events(operation, 1, TIMELINE_MAX))) {
      ObjectNode moment = journal.addObject();
      moment.put("at", entry.at().toString()).put("name", entry.name());
      JsonNode step = entry.event().path("step");
      if (step.isValueNode()) {
        moment.set("step", step);
      }
    }
    return Answer.json(200, tree);
  }

  private Answer cancel(Call call) throws InterruptedException {
    EntityRef experiment = experiments.entity(call);
    String operation = "run/" + Kinds.view(call, shared.entities(), experiment).path("run").asInt();
    Operation.Command cancel = new Operation.Command.Cancel();
    return Resource.changed(
        call.await(
            call.dryRun()
                ? shared.entities().dryRunSignal(experiment, operation, cancel, call.origin())
                : shared.entities().signal(experiment, operation, cancel, call.origin())));
  }
}
