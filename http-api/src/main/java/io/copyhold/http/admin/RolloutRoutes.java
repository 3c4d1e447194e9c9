package io.copyhold.http.admin;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.migration.rollout.Preview;
import io.copyhold.migration.rollout.Rollout;
import io.copyhold.migration.rollout.RolloutType;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.operation.Operation;
import io.copyhold.tenants.changelog.Changelog;
import io.copyhold.tenants.changelog.ChangelogType;
import io.copyhold.tenants.changelog.Target;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.placement.Homes;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Rollouts: started, steered through their operation, tried again where they failed. */
final class RolloutRoutes {
  private static final String TYPE = Rollout.TYPE.name();
  private static final String ITEM = "/v1/rollouts/{id}";
  private static final int PER_STORE = 4;

  /**
   * @param version null for the changelog's latest
   * @param selector null for all homes that follow the changelog
   * @param waves each {@code "10%"}, a number of homes or a selector; none is one wave
   * @param failureBudget {@code "5%"}, a number, or a {@link Rate}; null for 0
   */
  record Plan(
      String changelog,
      @Nullable String version,
      @Nullable Selector selector,
      @Nullable List<JsonNode> waves,
      @Nullable Integer perStore,
      @Nullable JsonNode failureBudget,
      @Nullable Integer soakSeconds,
      @Nullable Boolean gated,
      @Nullable Integer atOnce,
      @Nullable List<Check> checks) {}

  /** A failure budget as a rate of the homes attempted. */
  record Rate(int percent, int atLeast) {}

  /**
   * One of {@code sql}, {@code http} and {@code metric}.
   *
   * @param expected of SQL, the first value; null for {@code t}
   * @param homes of SQL, how many of the wave are asked; null for 3
   * @param status of HTTP; null for 200
   * @param attempts null for 3
   * @param everySeconds null for 10
   */
  record Check(
      @Nullable String sql,
      @Nullable String expected,
      @Nullable Integer homes,
      @Nullable String http,
      @Nullable Integer status,
      @Nullable String metric,
      @Nullable Double min,
      @Nullable Double max,
      @Nullable Integer attempts,
      @Nullable Integer everySeconds) {
    Rollout.Check check(String where) {
      Rollout.Probe probe;
      if (sql != null && http == null && metric == null) {
        probe =
            new Rollout.Probe.Sql(
                sql, expected == null ? "t" : expected, homes == null ? 3 : homes);
      } else if (http != null && sql == null && metric == null) {
        probe = new Rollout.Probe.Http(http, status == null ? 200 : status);
      } else if (metric != null && sql == null && http == null) {
        probe = new Rollout.Probe.Metric(metric, min, max);
      } else {
        throw new ProblemException(
            Problem.invalid("check-form", "a check has one of sql, http and metric").at(where));
      }
      return new Rollout.Check(
          probe, attempts == null ? 3 : attempts, everySeconds == null ? 10 : everySeconds);
    }
  }

  /**
   * @param wave {@code wave-2}; null for all
   */
  record Back(@Nullable String wave) {}

  record Selector(
      @Nullable List<String> owners,
      @Nullable List<String> tags,
      @Nullable List<String> regions,
      @Nullable List<String> tiers,
      @Nullable List<TenantRoutes.Apart> isolations,
      @Nullable List<String> plans,
      @Nullable List<String> stores) {
    Homes.Selector selector() {
      List<Isolation> apart =
          isolations == null
              ? List.of()
              : isolations.stream().map(TenantRoutes.Apart::isolation).toList();
      return new Homes.Selector(
          none(owners), none(tags), none(regions), none(tiers), apart, none(plans), none(stores));
    }

    private static List<String> none(@Nullable List<String> words) {
      return words == null ? List.of() : words;
    }
  }

  private final Resource resource;
  private final Resource.Shared shared;

  private final Homes homes;

  RolloutRoutes(Resource.Shared shared, Homes homes) {
    this.resource = Kinds.resource(TYPE, shared);
    this.shared = shared;
    this.homes = homes;
  }

  List<Route> routes(int body) {
    List<Route> routes = new ArrayList<>(resource.reads());
    routes.add(Route.command("PUT", ITEM, this::start).withBody(body));
    routes.add(resource.command("POST", "/retry-failed", _ -> new Rollout.Command.RetryFailed()));
    routes.add(Route.command("POST", ITEM + "/rollback", this::rollBack).withBody(body));
    routes.add(Route.get(ITEM + "/preview", this::preview).as("POST").withBody(body));
    routes.add(signal("pause", (_, _) -> new Operation.Command.Pause()));
    routes.add(signal("resume", RolloutRoutes::resume));
    routes.add(signal("cancel", (_, _) -> new Operation.Command.Cancel()));
    routes.add(
        signal(
                "approve",
                (call, _) -> {
                  var approval = call.body(OperationRoutes.Approval.class);
                  return new Operation.Command.Approve(approval.signal(), approval.data());
                })
            .withBody(body));
    return routes;
  }

  private Answer start(Call call) throws InterruptedException {
    EntityRef rollout = Kinds.creating(call, TYPE);
    return Resource.changed(
        resource.ask(call, rollout, new Rollout.Command.Start(plan(call, rollout))));
  }

  /** What it would do if it began now. */
  private Answer preview(Call call) throws InterruptedException {
    EntityRef rollout = Kinds.creating(call, TYPE);
    shared.access().require(call.who(), rollout);
    Rollout.Plan plan = plan(call, rollout);
    RolloutType.flaw(plan)
        .ifPresent(problem -> {
          throw new ProblemException(problem);
        });
    return Answer.json(200, Mappers.JSON.valueToTree(Preview.of(homes, plan)));
  }

  private Rollout.Plan plan(Call call, EntityRef rollout) throws InterruptedException {
    Plan wanted = call.body(Plan.class);
    List<Rollout.Reach> waves = new ArrayList<>();
    List<JsonNode> given = wanted.waves() == null ? List.of() : wanted.waves();
    for (int i = 0; i < given.size(); i++) {
      waves.add(
          given.get(i).isObject()
              ? new Rollout.Matching(
                  Bodies.read(given.get(i), Selector.class, "/waves/" + i).selector())
              : size(given.get(i), "/waves/" + i));
    }
    List<Rollout.Check> checks = new ArrayList<>();
    for (Check check : wanted.checks() == null ? List.<Check>of() : wanted.checks()) {
      checks.add(check.check("/checks/" + checks.size()));
    }
    JsonNode budget = wanted.failureBudget();
    Rate rate =
        budget != null && budget.isObject()
            ? Bodies.read(budget, Rate.class, "/failureBudget")
            : null;
    return new Rollout.Plan(
        rollout.id(),
        Kinds.target(call, shared.entities(), wanted.changelog(), wanted.version()),
        wanted.selector() == null ? Homes.Selector.ALL : wanted.selector().selector(),
        waves,
        wanted.perStore() == null ? PER_STORE : wanted.perStore(),
        rate != null
            ? new Rollout.Size.Percent(100)
            : budget == null ? new Rollout.Size.Count(0) : size(budget, "/failureBudget"),
        wanted.soakSeconds() == null ? 0 : wanted.soakSeconds(),
        wanted.gated() != null && wanted.gated(),
        wanted.atOnce(),
        rate == null ? null : new Rollout.Rate(rate.percent(), rate.atLeast()),
        checks);
  }

  /** What the version does not know how to take back is refused before anything begins. */
  private Answer rollBack(Call call) throws InterruptedException {
    EntityRef rollout = resource.entity(call);
    Back wanted = call.body(Back.class);
    if (state(call, rollout) instanceof Rollout.Started started) {
      Target target = started.plan().target();
      Changelog changelog =
          Mappers.JSON.convertValue(
              Kinds.view(call, shared.entities(), ChangelogType.ref(target.changelog())),
              Changelog.class);
      if (changelog instanceof Changelog.Published published
          && !published.versions().get(target.position(target.version()) - 1).reversible()) {
        throw new ProblemException(
            Problem.conflict("undo-missing", "version " + target.version() + " has no way back")
                .at("changelog/" + target.changelog())
                .todo("publish U" + target.version() + "__….sql into the changelog first"));
      }
    }
    return Resource.changed(
        resource.ask(call, rollout, new Rollout.Command.RollBack(wanted.wave())));
  }

  private Rollout state(Call call, EntityRef rollout) throws InterruptedException {
    return Mappers.JSON.convertValue(Kinds.view(call, shared.entities(), rollout), Rollout.class);
  }

  /** A halted one goes on by the signal it waits for. */
  private static Object resume(Call call, Rollout state) {
    return state instanceof Rollout.Started started
            && started.phase() instanceof Rollout.Phase.Halted(var signal, _)
        ? new Operation.Command.Approve(signal, null)
        : new Operation.Command.Resume();
  }

  /** Makes a signal of a request and the state of the rollout. */
  private interface Signalling {
    Object command(Call call, Rollout state) throws Exception;
  }

  private static Rollout.Size size(JsonNode node, String where) {
    if (node.isInt()) {
      return new Rollout.Size.Count(node.asInt());
    }
    if (node.isTextual() && node.asText().matches("[0-9]{1,3}%")) {
      String text = node.asText();
      return new Rollout.Size.Percent(Integer.parseInt(text.substring(0, text.length() - 1)));
    }
    throw new ProblemException(
        Problem.invalid("size-form", "a size is a number of homes or a share of them")
            .at(where)
            .todo("write 10 or \"10%\""));
  }

  /** To the rollout's operation of its present generation. */
  private Route signal(String word, Signalling signalling) {
    return Route.command(
        "POST",
        ITEM + "/" + word,
        call -> {
          EntityRef rollout = resource.entity(call);
          Rollout state = state(call, rollout);
          Object command = signalling.command(call, state);
          String operation =
              state instanceof Rollout.Started started
                  ? "rollout/" + started.generation()
                  : "rollout/1";
          return Resource.changed(
              call.await(
                  call.dryRun()
                      ? shared.entities().dryRunSignal(rollout, operation, command, call.origin())
                      : shared.entities().signal(rollout, operation, command, call.origin())));
        });
  }
}
