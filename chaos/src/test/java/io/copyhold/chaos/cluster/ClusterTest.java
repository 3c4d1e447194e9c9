package io.copyhold.chaos.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.chaos.workload.SettingsLoad;
import io.copyhold.config.node.ChildState;
import io.copyhold.config.node.RunningSupervisor;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the outside sees when one of three nodes dies, sleeps, leaves, or all are restarted. */
class ClusterTest {
  private static ThreeNodes site;

  @BeforeAll
  static void start() throws Exception {
    site = new ThreeNodes();
  }

  @AfterAll
  static void stop() {
    site.close();
  }

  @Test
  void threeNodesShareTheShards() throws Exception {
    JsonNode nodes = site.api().get("/v1/nodes");
    assertThat(nodes.path("items").findValuesAsText("name"))
        .containsExactly("node-1", "node-2", "node-3");
    for (JsonNode node : nodes.path("items")) {
      assertThat(node.path("incarnation").asLong()).isOne();
      assertThat(node.path("version").asText()).isNotEmpty();
    }
    JsonNode shards = site.api().get("/v1/shards?type=tenant&limit=1000");
    TreeSet<String> holders = new TreeSet<>(shards.path("items").findValuesAsText("node"));
    assertThat(holders).isSubsetOf("node-1", "node-2", "node-3").isNotEmpty();
    TreeSet<String> once = new TreeSet<>(shards.path("items").findValuesAsText("shard"));
    assertThat(once).hasSize(shards.path("items").size());
  }

  @Test
  void aNodeThatIsKilledIsReplacedAndNothingIsLost() throws Exception {
    try (SettingsLoad load = site.load()) {
      ChildState killed = site.installation().kill("node-2");
      site.awaitProgress(load);
      site.awaitBack(killed);
      site.awaitProgress(load);
      site.requireNothingLost(load);
    }
  }

  @Test
  void aNodeThatSleptTooLongEndsAndNothingIsDoneTwice() throws Exception {
    try (SettingsLoad load = site.load()) {
      ChildState asleep = site.installation().node("node-3");
      signal(asleep, "STOP");
      try {
        ThreeNodes.until(
            "the others remove it",
            () -> site.node("node-3").path("state").asText().equals("ended"));
        site.awaitProgress(load);
      } finally {
        signal(asleep, "CONT");
      }
      site.awaitBack(asleep);
      site.awaitProgress(load);
      site.requireNothingLost(load);
    }
  }

  @Test
  void aNodeThatSleptForAMomentAsksAndGoesOn() throws Exception {
    try (SettingsLoad load = site.load()) {
      ChildState asleep = site.installation().node("node-1");
      long before = site.node("node-1").path("pauses").path("count").asLong();
      signal(asleep, "STOP");
      try {
        ThreeNodes.until(
            "its heartbeat is late", () -> site.node("node-1").path("silentMs").asLong() > 4_000);
      } finally {
        signal(asleep, "CONT");
      }
      ThreeNodes.until(
          "it has seen its stall and was confirmed",
          () -> {
            JsonNode pauses = site.node("node-1").path("pauses");
            return pauses.path("count").asLong() > before
                && pauses.path("longestMs").asLong() > 3_000
                && !pauses.path("fenced").asBoolean();
          });
      site.awaitAllUp();
      assertThat(site.installation().node("node-1").pid()).isEqualTo(asleep.pid());
      site.awaitProgress(load);
      site.requireNothingLost(load);
    }
  }

  @Test
  void allNodesAreRestartedOneAfterTheOtherAndEveryAnswerIsGood() throws Exception {
    try (SettingsLoad load = site.load()) {
      var _ = load.takeTrouble();
      for (String name : List.of("node-1", "node-2", "node-3")) {
        ChildState was = site.installation().node(name);
        site.api().change("POST", "/v1/nodes/" + name + "/restart", null, "restart-" + name);
        site.awaitBack(was);
      }
      site.awaitProgress(load);
      assertThat(load.takeTrouble()).filteredOn(SettingsLoad.Trouble::answered).isEmpty();
      site.requireNothingLost(load);
    }
  }

  @Test
  void aNodeThatWasAskedToLeaveStaysAwayUntilItIsWantedBack() throws Exception {
    try (SettingsLoad load = site.load()) {
      ChildState was = site.installation().node("node-2");
      site.api().change("POST", "/v1/nodes/node-2/leave", null, "leave-node-2");
      ThreeNodes.until(
          "it has left", () -> site.installation().node("node-2").phase() == ChildState.Phase.LEFT);
      site.awaitProgress(load);
      assertThat(site.api().get("/v1/nodes").path("items").findValuesAsText("name"))
          .containsExactly("node-1", "node-3");
      RunningSupervisor.start(site.data(), "node-2");
      site.awaitBack(was);
      site.awaitProgress(load);
      site.requireNothingLost(load);
    }
  }

  @Test
  void aNodeThatIsKilledWhileItHandsOverIsReplacedAndNothingIsLost() throws Exception {
    try (SettingsLoad load = site.load()) {
      ChildState was = site.installation().node("node-3");
      site.api().change("POST", "/v1/nodes/node-3/restart", null, "restart-to-be-killed");
      ThreeNodes.until(
          "it hands over", () -> site.node("node-3").path("state").asText().equals("leaving"));
      ChildState killed = site.installation().kill("node-3");
      site.awaitBack(killed);
      site.awaitProgress(load);
      assertThat(site.installation().node("node-3").pid()).isNotEqualTo(was.pid());
      site.requireNothingLost(load);
    }
  }

  private static void signal(ChildState node, String signal) throws Exception {
    Process kill =
        new ProcessBuilder("kill", "-" + signal, Long.toString(node.pid())).inheritIO().start();
    assertThat(kill.waitFor()).isZero();
  }
}
