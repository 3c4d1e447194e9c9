package io.copyhold.http.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.runtime.journal.Mappers;
import java.util.List;

/** Whether this node lives, and whether it should get requests. */
final class HealthRoutes {
  private final List<HealthCheck> checks;

  HealthRoutes(List<HealthCheck> checks) {
    this.checks = List.copyOf(checks);
  }

  List<Route> routes() {
    return List.of(
        Route.get("/health/live", _ -> Answer.json(200, state("live"))),
        Route.get("/health/ready", _ -> ready()));
  }

  private Answer ready() throws InterruptedException {
    boolean ready = true;
    ObjectNode tree = Mappers.JSON.createObjectNode();
    ArrayNode list = tree.putArray("checks");
    for (HealthCheck check : checks) {
      HealthCheck.Verdict verdict = check.look();
      ready &= verdict.good();
      list.addObject()
          .put("name", check.name())
          .put("good", verdict.good())
          .put("reason", verdict.reason());
    }
    tree.put("state", ready ? "ready" : "not-ready");
    Answer answer = Answer.json(ready ? 200 : 503, tree).with("Cache-Control", "no-store");
    return ready ? answer : answer.with("Retry-After", "1");
  }

  private static ObjectNode state(String word) {
    return Mappers.JSON.createObjectNode().put("state", word);
  }
}
