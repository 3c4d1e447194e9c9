package io.copyhold.http.admin;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.migration.rollout.Rollout;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.operation.Operation;
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
   * @param waves each {@code "10%"} or a number of homes; none is one wave
   * @param failureBudget {@code "5%"} or a number; null for 0
   */
  record Plan(
      String changelog,
      @Nullable String version,
      @Nullable Selector selector,
      @Nullable List<JsonNode> waves,
      @Nullable Integer perStore,
      @Nullable JsonNode failureBudget,
      @Nullable Integer soakSeconds,
      @Nullable Boolean gated) {}

  record Selector(
      @Nullable List<String> owners,
      @Nullable List<String> tags,
      @Nullable List<String> regions,
      @Nullable List<String> tiers,
      @Nullable List<TenantRoutes.Apart> isolations) {
    Homes.Selector selector() {
      List<Isolation> apart =
          isolations == null
              ? List.of()
              : isolations.stream().map(TenantRoutes.Apart::isolation).toList();
      return new Homes.Selector(none(owners), none(tags), none(regions), none(tiers), apart);
    }

    private static List<String> none(@Nullable List<String> words) {
      return words == null ? List.of() : words;
    }
  }

  private final Resource resource;
  private final Resource.Shared shared;

  RolloutRoutes(Resource.Shared shared) {
    this.resource = Kinds.resource(TYPE, shared);
    this.shared = shared;
  }

  List<Route> routes(int body) {
    List<Route> routes = new ArrayList<>(resource.reads());
    routes.add(Route.command("PUT", ITEM, this::start).withBody(body));
    routes.add(resource.command("POST", "/retry-failed", _ -> new Rollout.Command.RetryFailed()));
    routes.add(signal("pause", _ -> new Operation.Command.Pause()));
    routes.add(signal("resume", _ -> new Operation.Command.Resume()));
    routes.add(signal("cancel", _ -> new Operation.Command.Cancel()));
    routes.add(
        signal(
                "approve",
                call -> {
                  var approval = call.body(OperationRoutes.Approval.class);
                  return new Operation.Command.Approve(approval.signal(), approval.data());
                })
            .withBody(body));
    return routes;
  }

  private Answer start(Call call) throws InterruptedException {
    EntityRef rollout = Kinds.creating(call, TYPE);
    Plan wanted = call.body(Plan.class);
    List<Rollout.Size> waves = new ArrayList<>();
    List<JsonNode> given = wanted.waves() == null ? List.of() : wanted.waves();
    for (int i = 0; i < given.size(); i++) {
      waves.add(size(given.get(i), "/waves/" + i));
    }
    Rollout.Plan plan =
        new Rollout.Plan(
            rollout.id(),
            Kinds.target(call, shared.entities(), wanted.changelog(), wanted.version()),
            wanted.selector() == null ? Homes.Selector.ALL : wanted.selector().selector(),
            waves,
            wanted.perStore() == null ? PER_STORE : wanted.perStore(),
            wanted.failureBudget() == null
                ? new Rollout.Size.Count(0)
                : size(wanted.failureBudget(), "/failureBudget"),
            wanted.soakSeconds() == null ? 0 : wanted.soakSeconds(),
            wanted.gated() != null && wanted.gated());
    return Resource.changed(resource.ask(call, rollout, new Rollout.Command.Start(plan)));
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
  private Route signal(String word, Resource.Commanding commanding) {
    return Route.command(
        "POST",
        ITEM + "/" + word,
        call -> {
          EntityRef rollout = resource.entity(call);
          Object command = commanding.command(call);
          Rollout state =
              Mappers.JSON.convertValue(
                  Kinds.view(call, shared.entities(), rollout), Rollout.class);
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
