package io.copyhold.chaos.cluster;

import static io.copyhold.chaos.cluster.ThreeNodes.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.chaos.installation.Api;
import io.copyhold.chaos.installation.Installation;
import io.copyhold.config.node.ChildState;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.postgres.PostgresFixture;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** An installation whose control plane is in Cassandra alone, in processes of its own. */
class CassandraUpTest {
  private static final String STORE = "store-a";
  private static final int TENANTS = 6;

  private final Path data = PostgresFixture.newDirectory();
  private final String host = PostgresFixture.loopback();

  private Map<String, Object> settings(String journal) {
    Map<String, Object> settings = new HashMap<>();
    settings.put("copyhold.journal.kind", journal);
    settings.put("copyhold.supervisor.stores", List.of(STORE));
    settings.put("copyhold.supervisor.host", host);
    settings.put("copyhold.supervisor.ports.cassandra.wanted", 0);
    settings.put(
        "copyhold.cassandra.embedded.home",
        Path.of(System.getProperty("copyhold.root"), "runtime/cassandra-server/target").toString());
    return settings;
  }

  @Test
  void workGoesOnAfterItsNodeWasKilledAndAllIsThereAfterARestart() throws Exception {
    List<String> tenants = new ArrayList<>();
    try (Installation installation = Installation.start(data, settings("cassandra"));
        Api api = installation.open()) {
      assertThat(installation.state().children())
          .extracting(ChildState::name)
          .containsExactlyInAnyOrder("cassandra", STORE, "node-1");
      until("the store is ready", () -> api.state("/v1/stores/" + STORE).equals("ready"));
      publish(api);
      for (int i = 0; i < TENANTS; i++) {
        tenants.add(onboard(api, "t" + i));
      }
      ChildState killed = installation.kill("node-1");
      until(
          "another process has taken its place",
          () -> {
            ChildState now = installation.node();
            return now.phase() == ChildState.Phase.RUNNING && now.pid() != killed.pid();
          });
      for (String tenant : tenants) {
        until(tenant + " is active", () -> api.state("/v1/tenants/" + tenant).equals("active"));
      }
      tenants.add(onboard(api, "after"));
      until("another one is active", () -> api.state("/v1/tenants/after").equals("active"));
    }

    assertThat(data.resolve("postgres/control")).doesNotExist();
    try (Stream<Path> servers = Files.list(data.resolve("postgres"))) {
      assertThat(servers).hasSize(1);
    }
    assertThatThrownBy(() -> Installation.start(data, settings("postgres")).close())
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("other-journal");

    try (Installation again = Installation.start(data, settings("cassandra"));
        Api api = again.open()) {
      for (String tenant : tenants) {
        until(
            tenant + " is still active", () -> api.state("/v1/tenants/" + tenant).equals("active"));
      }
      until(
          "all are listed",
          () -> api.get("/v1/tenants?limit=100").path("items").size() == tenants.size());
      assertThat(api.get("/v1/nodes").path("items").findValuesAsText("name"))
          .containsExactly("node-1");
    }
  }

  static void publish(Api api) throws Exception {
    ObjectNode body = Mappers.JSON.createObjectNode();
    body.putArray("scripts")
        .addObject()
        .put("file", "V1__customer.sql")
        .put("content", "create table customer (id bigint primary key);");
    api.change("POST", "/v1/changelogs/app/versions", body, "publish");
  }

  static String onboard(Api api, String id) throws Exception {
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
}
