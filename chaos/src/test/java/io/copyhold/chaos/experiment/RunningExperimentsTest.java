package io.copyhold.chaos.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.chaos.installation.Api;
import io.copyhold.chaos.installation.Installation;
import io.copyhold.chaos.workload.Invoicing;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.postgres.PostgresFixture;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Experiments on an installation of real processes behind relays. */
@PortAdapter
@Timeout(1_200)
class RunningExperimentsTest {
  private static final long PATIENCE_NANOS = 600_000_000_000L;

  /** Between two looks at a condition, so that looking does not cost what it looks for. */
  private static final long LOOK_MS = 100;

  /** Longer than the lease of an experiment below, so that no successor can renew it. */
  private static final String RESTART = "8s";

  private static final Path DATA = PostgresFixture.newDirectory().resolve("data");
  private static Installation here;
  private static Api api;

  @BeforeAll
  static void start() throws Exception {
    here =
        Installation.start(
            DATA,
            Map.of(
                "copyhold.supervisor.relays",
                true,
                "copyhold.supervisor.restart.min-backoff",
                RESTART));
    api = here.open();
    ObjectNode changelog = Mappers.JSON.createObjectNode().put("poolable", true);
    ArrayNode scripts = changelog.putArray("scripts");
    for (Invoicing.Version version : Invoicing.versions()) {
      scripts.addObject().put("file", version.file()).put("content", version.sql());
    }
    api.change("POST", "/v1/changelogs/invoicing/versions", changelog, "publish");
    for (String store : Installation.STORES) {
      until(() ->
          api.get("/v1/stores/" + store).path("state").path("health").toString().contains("eady"));
    }
    for (String tenant : List.of("acme", "birch", "cedar")) {
      ObjectNode body =
          Mappers.JSON
              .createObjectNode()
              .put("name", tenant)
              .put("plan", "pro")
              .put("region", "local")
              .put("tier", "standard")
              .put("isolation", "schema")
              .put("store", "store-a")
              .put("changelog", "invoicing")
              .put("version", "4");
      api.change("PUT", "/v1/tenants/" + tenant, body, "onboard-" + tenant);
    }
    for (String tenant : List.of("acme", "birch", "cedar")) {
      until(() -> state("/v1/tenants/" + tenant).equals("active"));
    }
  }

  @AfterAll
  static void stop() {
    if (api != null) {
      api.close();
    }
    if (here != null) {
      here.close();
    }
  }

  /** Waits for a condition; a node that is not there yet is not an answer. */
  private static void until(Callable<Boolean> condition) throws Exception {
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (!holds(condition)) {
      assertThat(System.nanoTime()).as("patience").isLessThan(end);
      Thread.sleep(LOOK_MS);
    }
  }

  private static boolean holds(Callable<Boolean> condition) throws Exception {
    try {
      return condition.call();
    } catch (ProblemException e) {
      if (e.problem().code().equals("no-answer")) {
        return false;
      }
      throw e;
    }
  }

  /** The word for the state, as the directory has it. */
  private static String state(String path) throws InterruptedException {
    return api.state(path);
  }

  private static ObjectNode json(String text) throws Exception {
    return (ObjectNode) Mappers.JSON.readTree(text.replace('\'', '"'));
  }

  private static void run(String id, String plan) throws Exception {
    api.change("PUT", "/v1/experiments/" + id, json(plan), "define-" + id);
    api.change("POST", "/v1/experiments/" + id + "/run", null, "run-" + id);
  }

  private static JsonNode phase(String id) throws InterruptedException {
    return api.get("/v1/experiments/" + id).path("state").path("phase");
  }

  private static JsonNode report(String id) throws Exception {
    until(() -> !phase(id).path("kind").asText().equals("running"));
    assertThat(phase(id).path("kind").asText()).as("%s", phase(id)).isEqualTo("ended");
    return api.get("/v1/experiments/" + id + "/report");
  }

  @Test
  void aNodeThatIsKilledDuringARolloutIsBackWithinTheHypothesis() throws Exception {
    ObjectNode rollout = json("{'changelog':'invoicing','version':'5','waves':[1],'gated':true}");
    api.change("PUT", "/v1/rollouts/spring", rollout, "rollout");
    int restarts = here.node().restarts();
    run(
        "kill-during-rollout",
        """
        {'purpose': 'A rollout outlives its node.',
         'hypothesis': [
           {'kind': 'http', 'name': 'reads', 'path': '/v1/tenants/acme', 'outageMsMax': 180000,
            'latencyMsMax': 10000},
           {'kind': 'write', 'name': 'writes', 'outageMsMax': 180000, 'latencyMsMax': 10000},
           {'kind': 'tenant-sql', 'name': 'acme-sql', 'tenant': 'acme', 'outageMsMax': 10000,
            'latencyMsMax': 10000},
           {'kind': 'operation-goes-on', 'name': 'rollout', 'outageMsMax': 180000,
            'operation': 'rollout/spring/rollout/1', 'latencyMsMax': 10000}],
         'radius': {'nodes': ['node-1']},
         'faults': [{'kind': 'kill-node', 'node': 'node-1', 'atSecond': 1}],
         'durationSeconds': 5, 'steadySeconds': 2, 'recoverSeconds': 240}
        """);
    JsonNode answer = report("kill-during-rollout");
    JsonNode report = answer.path("report");
    assertThat(report.path("verdict").asText()).as("%s", report).isEqualTo("PASSED");
    assertThat(report.path("rtoMs").asLong()).isPositive();
    assertThat(report.path("rpoLost").asLong(-1)).isZero();
    assertThat(report.path("acknowledged").asLong()).isPositive();
    assertThat(here.node().restarts()).isGreaterThan(restarts);
    assertThat(report.path("timeline").toString())
        .contains("injected KillNode", "reads good again");
    assertThat(answer.path("journal")).isNotEmpty();
    assertThat(state("/v1/rollouts/spring")).isEqualTo("running");
    api.change("POST", "/v1/rollouts/spring/approve", json("{'signal':'wave-rest'}"), "approve");
    until(() -> state("/v1/rollouts/spring").equals("done"));
  }

  @Test
  void aStoreThatIsAwayForLongerThanTheHypothesisFails() throws Exception {
    run(
        "store-away",
        """
        {'purpose': 'Tenants do not notice that their store is away.',
         'hypothesis': [
           {'kind': 'tenant-sql', 'name': 'acme-sql', 'tenant': 'acme', 'outageMsMax': 500,
            'latencyMsMax': 10000},
           {'kind': 'http', 'name': 'reads', 'path': '/v1/tenants/acme', 'outageMsMax': 60000,
            'latencyMsMax': 10000}],
         'radius': {'stores': ['store-a'], 'tenantsMax': 10},
         'faults': [{'kind': 'store-away', 'store': 'store-a', 'atSecond': 0, 'forSeconds': 4}],
         'durationSeconds': 6, 'steadySeconds': 2, 'recoverSeconds': 240, 'leaseSeconds': 600}
        """);
    JsonNode report = report("store-away").path("report");
    assertThat(report.path("verdict").asText()).as("%s", report).isEqualTo("FAILED");
    assertThat(report.path("reasons").toString()).contains("acme-sql was without good answers");
    assertThat(report.path("rtoMs").asLong()).isGreaterThan(500);
  }

  @Test
  void aFaultEndsByItsLeaseWhenItsControllerIsKilled() throws Exception {
    run(
        "controller-dies",
        """
        {'purpose': 'No fault outlives the one who controls it.',
         'hypothesis': [
           {'kind': 'http', 'name': 'live', 'path': '/health/live', 'outageMsMax': 600000}],
         'radius': {'stores': ['store-b'], 'tenantsMax': 10},
         'faults': [{'kind': 'store-away', 'store': 'store-b', 'forSeconds': 3000}],
         'durationSeconds': 3000, 'steadySeconds': 1, 'recoverSeconds': 240, 'leaseSeconds': 5}
        """);
    int port = api.get("/v1/stores/store-b").path("state").at("/registration/port").asInt();
    assertThat(port).isPositive();
    until(() -> !reachable(port));
    JsonNode record = fault("controller-dies_1_0");
    assertThat(record.path("injected").isTextual()).as("%s", record).isTrue();
    here.kill();
    until(() -> reachable(port));
    assertThat(fault("controller-dies_1_0").path("end").asText()).isEqualTo("LEASE");
    api.change("POST", "/v1/experiments/controller-dies/cancel", null, "cancel");
    until(() -> phase("controller-dies").path("kind").asText().equals("cancelled"));
  }

  @Test
  void whatWouldHitMoreThanTheRadiusIsShownAndRefused() throws Exception {
    api.change(
        "PUT",
        "/v1/experiments/too-much",
        json(
            """
            {'purpose': 'Only acme may be hit.',
             'hypothesis': [{'kind': 'http', 'name': 'live', 'path': '/health/live'}],
             'radius': {'stores': ['store-a'], 'tenants': ['acme'], 'tenantsMax': 10},
             'faults': [{'kind': 'slow-store', 'store': 'store-a', 'delayMs': 50, 'jitterMs': 0,
                         'lossPercent': 0, 'forSeconds': 1}],
             'durationSeconds': 2}
            """),
        "define-too-much");
    until(() -> api.get("/v1/experiments/too-much/preview").path("tenants").asInt() == 3);
    JsonNode preview = api.get("/v1/experiments/too-much/preview");
    assertThat(preview.path("outside").toString()).isEqualTo("[\"birch\",\"cedar\"]");
    assertThat(preview.path("obstacles").toString()).contains("beyond-radius");
    api.change("POST", "/v1/experiments/too-much/run", null, "run-too-much");
    until(() -> phase("too-much").path("kind").asText().equals("failed"));
    assertThat(phase("too-much").path("problem").path("code").asText()).isEqualTo("beyond-radius");
  }

  private static JsonNode fault(String name) throws Exception {
    return Mappers.JSON
        .readTree(Files.readString(DATA.resolve("faults").resolve(name + ".json")))
        .path("state");
  }

  /** Whether the store answers where everybody reaches it. */
  private static boolean reachable(int port) {
    try (var connection = here.administrator("store-b", port).connect("experiment-test")) {
      return connection.isValid(10);
    } catch (SQLException e) {
      return false;
    }
  }
}
