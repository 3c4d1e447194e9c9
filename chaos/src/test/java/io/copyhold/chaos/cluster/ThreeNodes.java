package io.copyhold.chaos.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.chaos.installation.Api;
import io.copyhold.chaos.installation.Installation;
import io.copyhold.chaos.workload.SettingsLoad;
import io.copyhold.config.node.ChildState;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.postgres.PostgresFixture;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Three nodes in processes of their own, and tenants on them; one store. */
final class ThreeNodes implements AutoCloseable {
  /** The machine may be busy. */
  static final Duration PATIENCE = Duration.ofMinutes(4);

  private static final int TENANTS = 12;
  private static final String STORE = "store-a";

  interface Condition {
    boolean holds() throws Exception;
  }

  private final Path data = PostgresFixture.newDirectory();
  private final Installation installation;
  private final Api api;
  private int loads;
  private final List<String> tenants = new ArrayList<>();

  ThreeNodes() throws Exception {
    this.installation =
        Installation.start(
            data,
            3,
            Map.of(
                "copyhold.supervisor.stores",
                List.of(STORE),
                "copyhold.supervisor.host",
                PostgresFixture.loopback(),
                "copyhold.http.rate-burst",
                100_000,
                "copyhold.http.rate-per-second",
                100_000,
                // a busy machine may be slower than an operator would bear
                "copyhold.http.hold-max",
                "60s",
                "copyhold.http.answer-max",
                "3m",
                "copyhold.http.idle-max",
                "4m",
                // time to wake a node before the others remove it
                "pekko.cluster.split-brain-resolver.stable-after",
                "30s"));
    this.api = installation.open();
    until("the store is ready", () -> api.state("/v1/stores/" + STORE).equals("ready"));
    publish();
    for (int i = 0; i < TENANTS; i++) {
      tenants.add(onboard("load-" + i));
    }
  }

  private void publish() throws Exception {
    ObjectNode body = Mappers.JSON.createObjectNode();
    body.putArray("scripts")
        .addObject()
        .put("file", "V1__customer.sql")
        .put(
            "content",
            "create table customer (tenant_id text not null default copyhold.tenant(),"
                + " id bigint not null, primary key (tenant_id, id));");
    api.change("POST", "/v1/changelogs/app/versions", body, "publish");
  }

  private String onboard(String id) throws Exception {
    ObjectNode body =
        Mappers.JSON
            .createObjectNode()
            .put("name", id)
            .put("plan", "team")
            .put("region", "local")
            .put("tier", "standard")
            .put("isolation", "schema")
            .put("changelog", "app");
    api.change("PUT", "/v1/tenants/" + id, body, "onboard-" + id);
    return id;
  }

  Api api() {
    return api;
  }

  Path data() {
    return data;
  }

  Installation installation() {
    return installation;
  }

  /** Writers of all tenants, who know all nodes. */
  SettingsLoad load() throws Exception {
    SettingsLoad load =
        new SettingsLoad(
            "load-" + ++loads,
            installation.nodes().stream().map(installation::url).toList(),
            installation.operatorToken(),
            tenants);
    until("every tenant is written to", () -> load.acknowledged() > 5L * TENANTS);
    return load;
  }

  /** Waits until each tenant has been written to since now. */
  void awaitProgress(SettingsLoad load) throws Exception {
    Map<String, Long> before = load.counts();
    until(
        "every tenant is written to again",
        () ->
            load.counts().entrySet().stream()
                .allMatch(now -> now.getValue() > before.getOrDefault(now.getKey(), 0L) + 1));
  }

  /** Ends the writers and holds the histories against what they were told. */
  void requireNothingLost(SettingsLoad load) throws Exception {
    load.stop();
    SettingsLoad.Account account = load.account(api);
    assertThat(account.acknowledged()).isPositive();
    assertThat(account.lost()).as("lost").isZero();
    assertThat(account.doubled()).as("doubled").isZero();
  }

  /** A node as one of the others sees it: a node that sleeps answers nobody. */
  JsonNode node(String name) throws Exception {
    ChildState other =
        installation.nodes().stream()
            .filter(node -> !node.name().equals(name))
            .findFirst()
            .orElseThrow();
    try (Api there = new Api(installation.url(other), installation.operatorToken())) {
      return there.get("/v1/nodes/" + name);
    }
  }

  /** Waits until another process has taken its place, and all nodes are up. */
  void awaitBack(ChildState was) throws Exception {
    until(
        was.name() + " runs anew",
        () -> {
          ChildState now = installation.node(was.name());
          return now.phase() == ChildState.Phase.RUNNING && now.pid() != was.pid();
        });
    awaitAllUp();
  }

  void awaitAllUp() throws Exception {
    until(
        "all nodes are up",
        () -> {
          int up = 0;
          for (JsonNode node : api.get("/v1/nodes").path("items")) {
            up += node.path("state").asText().equals("up") ? 1 : 0;
          }
          return up == 3;
        });
  }

  static void until(String what, Condition condition) throws Exception {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.holds()) {
      if (System.nanoTime() - end > 0) {
        throw new AssertionError("not within " + PATIENCE + ": " + what);
      }
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }

  @Override
  public void close() {
    api.close();
    installation.close();
  }
}
