package io.copyhold.chaos.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.chaos.installation.Api;
import io.copyhold.chaos.installation.Installation;
import io.copyhold.http.auth.Permission;
import io.copyhold.http.auth.Permissions;
import io.copyhold.http.auth.Role;
import io.copyhold.runtime.postgres.PostgresFixture;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Experiments on an installation of real processes behind relays. */
@Timeout(1_200)
class RunningExperimentsTest {
  /** Longer than the lease of an experiment below, so that no successor can renew it. */
  private static final String RESTART = "8s";

  private static final Path DATA = PostgresFixture.newDirectory().resolve("data");
  private static Installation here;
  private static Api api;
  private static Lab lab;

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
    lab = new Lab(api, DATA);
    lab.furnish(List.of("acme", "birch", "cedar"));
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

  @Test
  void aNodeThatIsKilledDuringARolloutIsBackWithinTheHypothesis() throws Exception {
    ObjectNode rollout =
        Lab.json("{'changelog':'invoicing','version':'5','waves':[1],'gated':true}");
    api.change("PUT", "/v1/rollouts/spring", rollout, "rollout");
    int restarts = here.node().restarts();
    lab.run(
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
    JsonNode answer = lab.report("kill-during-rollout");
    JsonNode report = answer.path("report");
    assertThat(report.path("verdict").asText()).as("%s", report).isEqualTo("PASSED");
    assertThat(report.path("rtoMs").asLong()).isPositive();
    assertThat(report.path("rpoLost").asLong(-1)).isZero();
    assertThat(report.path("acknowledged").asLong()).isPositive();
    assertThat(here.node().restarts()).isGreaterThan(restarts);
    assertThat(report.path("timeline").toString())
        .contains("injected KillNode", "reads good again");
    assertThat(answer.path("journal")).isNotEmpty();
    assertThat(lab.state("/v1/rollouts/spring")).isEqualTo("running");
    api.change(
        "POST", "/v1/rollouts/spring/approve", Lab.json("{'signal':'wave-rest'}"), "approve");
    lab.until(() -> lab.state("/v1/rollouts/spring").equals("done"));
  }

  @Test
  void aStoreThatIsAwayForLongerThanTheHypothesisFails() throws Exception {
    lab.run(
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
    JsonNode report = lab.report("store-away").path("report");
    assertThat(report.path("verdict").asText()).as("%s", report).isEqualTo("FAILED");
    assertThat(report.path("reasons").toString()).contains("acme-sql was without good answers");
    assertThat(report.path("rtoMs").asLong()).isGreaterThan(500);
  }

  @Test
  void aFaultEndsByItsLeaseWhenItsControllerIsKilled() throws Exception {
    lab.run(
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
    lab.until(() -> !reachable(port));
    JsonNode record = lab.fault("controller-dies_1_0");
    assertThat(record.path("injected").isTextual()).as("%s", record).isTrue();
    here.kill();
    lab.until(() -> reachable(port));
    assertThat(lab.fault("controller-dies_1_0").path("end").asText()).isEqualTo("LEASE");
    api.change("POST", "/v1/experiments/controller-dies/cancel", null, "cancel");
    lab.until(() -> lab.phase("controller-dies").path("kind").asText().equals("cancelled"));
  }

  @Test
  void aNodeThatSleepsAndAJournalThatIsAwayLoseNothing() throws Exception {
    lab.run(
        "sleep-and-outage",
        """
        {'purpose': 'What was acknowledged is still there.',
         'hypothesis': [
           {'kind': 'http', 'name': 'reads', 'path': '/v1/tenants/acme', 'outageMsMax': 240000,
            'latencyMsMax': 1000},
           {'kind': 'write', 'name': 'writes', 'outageMsMax': 240000, 'latencyMsMax': 10000}],
         'radius': {'nodes': ['node-1'], 'journal': true},
         'faults': [{'kind': 'pause-node', 'node': 'node-1', 'forSeconds': 2},
                    {'kind': 'journal-away', 'silent': false, 'atSecond': 5, 'forSeconds': 3}],
         'durationSeconds': 10, 'steadySeconds': 2, 'recoverSeconds': 240, 'leaseSeconds': 600}
        """);
    JsonNode report = lab.report("sleep-and-outage").path("report");
    assertThat(report.path("verdict").asText()).as("%s", report).isEqualTo("PASSED");
    assertThat(report.path("rpoLost").asLong(-1)).isZero();
    assertThat(report.path("rtoMs").asLong()).as("%s", report).isGreaterThan(1_000);
    assertThat(report.path("timeline").toString())
        .contains(
            "injected PauseNode", "over PauseNode", "injected JournalAway", "over JournalAway");
  }

  @Test
  void aPoisonedTenantIsQuarantinedItsNeighboursAreNotAndItComesBack() throws Exception {
    lab.run(
        "poison",
        """
        {'purpose': 'One tenant that cannot be read harms no other.',
         'hypothesis': [
           {'kind': 'http', 'name': 'neighbour', 'path': '/v1/tenants/acme', 'outageMsMax': 60000,
            'latencyMsMax': 10000},
           {'kind': 'http', 'name': 'poisoned', 'path': '/v1/tenants/birch', 'outageMsMax': 240000,
            'latencyMsMax': 10000}],
         'radius': {'tenants': ['birch'], 'tenantsMax': 1},
         'faults': [{'kind': 'poison-entity', 'entity': 'tenant/birch', 'forSeconds': 20}],
         'durationSeconds': 22, 'steadySeconds': 2, 'recoverSeconds': 240, 'leaseSeconds': 600}
        """);
    lab.until(() -> lab.fault("poison_1_0").path("injected").isTextual());
    // what is in memory is poisoned by its next event, once its node has heard of it
    List<String> changes = new ArrayList<>();
    lab.until(() -> {
      String change = "change-" + changes.size();
      api.change(
          "PATCH",
          "/v1/tenants/birch/settings",
          Lab.json("{'set': {'x-once': '" + change + "'}}"),
          "poison-" + change);
      changes.add(change);
      return api.answers("/v1/quarantine/tenant/birch", Duration.ofSeconds(10));
    });
    JsonNode answer = lab.report("poison");
    JsonNode report = answer.path("report");
    assertThat(report.path("verdict").asText()).as("%s", report).isEqualTo("PASSED");
    JsonNode quarantine = api.get("/v1/quarantine/tenant/birch");
    assertThat(quarantine.path("state").path("enclosed").asBoolean(true))
        .as("%s", quarantine)
        .isFalse();
    assertThat(quarantine.path("version").asLong()).isGreaterThanOrEqualTo(2);
    assertThat(
            api.get("/v1/tenants/birch/history?limit=100")
                .path("events")
                .findValuesAsText("x-once"))
        .isEqualTo(changes);
  }

  @Test
  void aStoreWithoutADiskForItselfIsNotFilledUp() throws Exception {
    lab.run(
        "full",
        """
        {'purpose': 'Nobody fills up the disk of this machine.',
         'hypothesis': [
           {'kind': 'http', 'name': 'live', 'path': '/health/live', 'outageMsMax': 600000}],
         'radius': {'stores': ['store-b'], 'tenantsMax': 10},
         'faults': [{'kind': 'full-disk', 'target': 'store-b', 'forSeconds': 1}],
         'durationSeconds': 2, 'steadySeconds': 1, 'recoverSeconds': 240, 'leaseSeconds': 600}
        """);
    JsonNode report = lab.report("full").path("report");
    assertThat(report.path("verdict").asText()).as("%s", report).isEqualTo("INCONCLUSIVE");
    assertThat(report.path("reasons").toString()).contains("store-b has no disk for itself");
  }

  @Test
  void whatWouldHitMoreThanTheRadiusIsShownAndRefused() throws Exception {
    api.change(
        "PUT",
        "/v1/experiments/too-much",
        Lab.json(
            """
            {'purpose': 'Only acme may be hit.',
             'hypothesis': [{'kind': 'http', 'name': 'live', 'path': '/health/live'}],
             'radius': {'stores': ['store-a'], 'tenants': ['acme'], 'tenantsMax': 10},
             'faults': [{'kind': 'slow-store', 'store': 'store-a', 'delayMs': 50, 'jitterMs': 0,
                         'lossPercent': 0, 'forSeconds': 1}],
             'durationSeconds': 2}
            """),
        "define-too-much");
    lab.until(() -> api.get("/v1/experiments/too-much/preview").path("tenants").asInt() == 3);
    JsonNode preview = api.get("/v1/experiments/too-much/preview");
    assertThat(preview.path("outside").toString()).isEqualTo("[\"birch\",\"cedar\"]");
    assertThat(preview.path("obstacles").toString()).contains("beyond-radius");
    api.change("POST", "/v1/experiments/too-much/run", null, "run-too-much");
    lab.until(() -> lab.phase("too-much").path("kind").asText().equals("failed"));
    assertThat(lab.phase("too-much").path("problem").path("code").asText())
        .isEqualTo("beyond-radius");
  }

  @Test
  void twoTokensOfOneHolderAreOnePerson() throws Exception {
    api.change(
        "PUT",
        "/v1/experiments/approved",
        Lab.json(
            """
            {'purpose': 'Two people agree.',
             'hypothesis': [{'kind': 'http', 'name': 'live', 'path': '/health/live'}],
             'radius': {'nodes': ['node-1']},
             'faults': [{'kind': 'kill-node', 'node': 'node-1'}],
             'durationSeconds': 1}
            """),
        "define-approved");
    String approve = "/v1/experiments/approved/approve";
    assertThat(status(token("mine-too", "operator", null), "POST", approve)).isEqualTo(403);
    assertThat(status(token("of-ben", "operator", "ben"), "POST", approve)).isEqualTo(200);
    JsonNode state = api.get("/v1/experiments/approved").path("state");
    assertThat(state.path("author").asText()).isEqualTo("operator");
    assertThat(state.path("approvedBy").asText()).isEqualTo("ben");
  }

  @Test
  void everyRouteAsksForThePermissionThatTheTableSays() throws Exception {
    for (Role role : Role.values()) {
      String token = token("role-" + role.word(), role.word(), null);
      for (Map.Entry<String, Permission> asked : ExperimentRoutes.permissions().entrySet()) {
        String[] route = asked.getKey().split(" ", 2);
        String path = route[1].replace("{id}", "nothing-here");
        assertThat(status(null, route[0], path)).as(asked.getKey()).isEqualTo(401);
        assertThat(status(token, route[0], path) == 403)
            .as("%s asks %s", role, asked.getKey())
            .isEqualTo(!Permissions.granted(role).contains(asked.getValue()));
      }
    }
  }

  private static String token(String name, String role, @Nullable String holder) throws Exception {
    ObjectNode body = Lab.json("{'name': '%s', 'role': '%s'}".formatted(name, role));
    if (role.equals("application")) {
      body.putObject("scope").putArray("tenants").add("acme");
    }
    if (holder != null) {
      body.put("holder", holder);
    }
    return api.change("POST", "/v1/tokens", body, "token-" + name).path("token").asText();
  }

  private static int status(@Nullable String token, String method, String path) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(here.url().resolve(path))
            .method(method, HttpRequest.BodyPublishers.noBody());
    if (token != null) {
      request.header("Authorization", "Bearer " + token);
    }
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(request.build(), HttpResponse.BodyHandlers.discarding()).statusCode();
    }
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
