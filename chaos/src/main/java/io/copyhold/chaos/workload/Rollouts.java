package io.copyhold.chaos.workload;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.runtime.journal.Mappers;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** Takes all homes to the next versions of their schema, one version after the other. */
public final class Rollouts implements Workload {
  private static final int ATTEMPTS = 200;
  private static final int REST_MILLIS = 5_000;
  private static final int PER_STORE = 2;

  private final List<String> versions;
  private final AtomicInteger begun = new AtomicInteger();

  /**
   * @param versions of {@link Invoicing}, published, in order
   */
  public Rollouts(List<String> versions) {
    this.versions = List.copyOf(versions);
  }

  @Override
  public String name() {
    return "rollout";
  }

  @Override
  public void step(Client client) throws InterruptedException {
    client.rest(REST_MILLIS);
    int next = begun.get();
    if (next >= versions.size()) {
      return;
    }
    ObjectNode body =
        Mappers.JSON
            .createObjectNode()
            .put("changelog", Invoicing.CHANGELOG)
            .put("version", versions.get(next))
            .put("perStore", PER_STORE)
            .put("failureBudget", "100%");
    String rollout = "chaos-" + versions.get(next);
    Call call =
        client.changeOf(
            name(),
            "rollout/" + rollout,
            "",
            new Client.Change("start", body, "PUT", "/v1/rollouts/" + rollout, body, null),
            ATTEMPTS);
    if (call.ok()) {
      begun.incrementAndGet();
    }
  }
}
