package io.copyhold.http.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.http.Node;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class NodeApiTest {
  private static Node node;

  @BeforeAll
  static void start() throws Exception {
    node = new Node();
  }

  @AfterAll
  static void stop() throws Exception {
    node.close();
  }

  @Test
  void nodesAreListedAndRead() throws Exception {
    JsonNode page = node.client().get("/v1/nodes").body();
    assertThat(page.path("items").findValuesAsText("name")).containsExactly("node-1", "node-2");
    assertThat(page.path("total").asInt()).isEqualTo(2);
    assertThat(node.client().get("/v1/nodes/node-2").body().path("shards").path("tenant").asInt())
        .isOne();
    assertThat(node.client().get("/v1/nodes/node-9").status()).isEqualTo(404);
  }

  @Test
  void shardsAreReadByPageInTheOrderOfTheirNumbers() throws Exception {
    List<String> seen = new ArrayList<>();
    JsonNode page = node.client().get("/v1/shards?limit=2").body();
    page.path("items").forEach(s -> seen.add(s.path("type").asText() + s.path("shard").asText()));
    assertThat(page.path("counts").path("tenant").path("node-1").asInt()).isOne();
    page = node.client().get("/v1/shards?limit=2&cursor=" + page.path("next").asText()).body();
    page.path("items").forEach(s -> seen.add(s.path("type").asText() + s.path("shard").asText()));
    assertThat(seen).containsExactly("store1", "tenant2", "tenant10");
    assertThat(page.has("next")).isFalse();
  }

  @Test
  void aNodeIsAskedToLeaveAndADryRunAsksNothing() throws Exception {
    assertThat(node.client().send("POST", "/v1/nodes/node-1/leave?dryRun=true", null).status())
        .isEqualTo(200);
    assertThat(node.nodes.asked).isEmpty();
    assertThat(node.client().send("POST", "/v1/nodes/node-1/leave", null).status()).isEqualTo(202);
    assertThat(node.client().send("POST", "/v1/nodes/node-2/restart", null).status())
        .isEqualTo(202);
    assertThat(node.client().send("POST", "/v1/nodes/node-9/leave", null).status()).isEqualTo(404);
    assertThat(node.nodes.asked).containsExactly("LEAVE node-1", "RESTART node-2");
  }
}
