package io.copyhold.http.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.entity.Reply;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.replay.Finding;
import io.copyhold.runtime.replay.ReplayPlan;
import io.copyhold.runtime.replay.ReplayReport;
import io.copyhold.runtime.replay.Replays;
import io.copyhold.tenants.tenant.Tenant;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A tenant's past, driven again into a shadow and compared with what is. */
final class ReplayRoutes {
  static final String PATH = "/v1/tenants/{id}/replays";

  /** Part of the limit of a request: the rest is for reading the live state. */
  private static final int SHARE = 2;

  /** The body; all of it may be left out. */
  record Replay(
      @Nullable String name,
      @Nullable Boolean resume,
      @Nullable Long toVersion,
      @Nullable Instant toTime,
      @Nullable Double speed,
      @Nullable Boolean diff) {}

  private final Resource.Shared shared;
  private final Replays replays;

  ReplayRoutes(Resource.Shared shared, Replays replays) {
    this.shared = shared;
    this.replays = replays;
  }

  List<Route> routes(int bodyBytesMax) {
    return List.of(Route.get(PATH, this::replay).as("POST").withBody(bodyBytesMax));
  }

  private Answer replay(Call call) throws InterruptedException {
    EntityRef tenant = Paths.entity(Tenant.TYPE.name(), call.value("id"));
    shared.access().require(call.who(), tenant);
    Replay asked = call.body(Replay.class);
    Duration timeMax = call.waitMax().dividedBy(SHARE);
    ReplayReport report =
        replays.run(
            new ReplayPlan(
                tenant,
                asked.name() == null ? "default" : asked.name(),
                Boolean.TRUE.equals(asked.resume()),
                asked.toVersion(),
                asked.toTime(),
                asked.speed() == null ? 0 : asked.speed(),
                timeMax));
    if (report.events() == 0) {
      throw new ProblemException(
          Problem.notFound("tenant-not-found", "there is no " + tenant)
              .todo("or nothing had happened to it yet at the time asked for"));
    }
    ObjectNode tree = tree(tenant, report);
    if (Boolean.TRUE.equals(asked.diff()) && report.done()) {
      diff(call, tenant, report, tree);
    }
    return Answer.json(200, tree);
  }

  /** What differs is a finding only where both are at the same version. */
  private void diff(Call call, EntityRef tenant, ReplayReport report, ObjectNode tree)
      throws InterruptedException {
    switch (call.await(shared.entities().read(tenant))) {
      case Reply.Applied(_, var version, var view, _, _) -> {
        ArrayNode changes = JsonDiff.between(report.view(), view);
        tree.put("liveVersion", version);
        tree.set("diff", changes);
        if (version == report.version() && !changes.isEmpty()) {
          tree.withArray("findings")
              .add(
                  finding(
                      new Finding(
                          tenant,
                          version,
                          "shadow-differs",
                          changes.size() + " fields of the live state are otherwise: see diff")));
        }
      }
      case Reply.Refused(var problem) -> throw new ProblemException(problem);
      case Reply.NotNow(_, _, var problem) -> throw new ProblemException(problem);
    }
  }

  private static ObjectNode tree(EntityRef tenant, ReplayReport report) {
    ObjectNode tree = Entries.named(tenant, report.version());
    tree.put("done", report.done());
    if (report.at() != null) {
      tree.put("at", report.at().toString());
    }
    tree.put("events", report.events());
    tree.put("operations", report.operations());
    tree.put("redecided", report.redecided());
    tree.set("state", report.view());
    ArrayNode findings = tree.putArray("findings");
    report.findings().forEach(found -> findings.add(finding(found)));
    return tree;
  }

  private static JsonNode finding(Finding found) {
    return Mappers.JSON
        .createObjectNode()
        .put("entity", found.entity().toString())
        .put("version", found.version())
        .put("kind", found.kind())
        .put("text", found.text());
  }
}
