package io.copyhold.http.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.http.Client;
import io.copyhold.http.Client.Answer;
import io.copyhold.http.Counter;
import io.copyhold.http.Node;
import io.copyhold.runtime.Origin;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * What holds for every route: versions, keys, dry runs, traces, problems, operations and their
 * signals.
 */
class ConventionsTest {
  private static Node node;
  private static Client api;

  @BeforeAll
  static void start() throws Exception {
    node = new Node();
    api = node.client();
    api.send(
        "POST",
        "/v1/changelogs/app/versions",
        "{\"scripts\": [{\"file\": \"V1__a.sql\", \"content\": \"select 1\"}]}");
  }

  @AfterAll
  static void stop() throws Exception {
    node.close();
  }

  private static String onboarding() {
    return """
    {"name": "Acme", "plan": "pro", "region": "eu", "tier": "standard", "isolation": "schema",
     "store": "s1", "changelog": "app"}
    """;
  }

  private static String tenant(String id) throws Exception {
    api.send("PUT", "/v1/tenants/" + id, onboarding());
    DomainApiTest.active(api, id);
    return "/v1/tenants/" + id;
  }

  @Test
  void anotherVersionRefusesTheCommand() throws Exception {
    String path = tenant("versions");
    String tag = api.get(path).header("ETag").orElseThrow();
    assertThat(
            api.with("If-Match", tag).send("PUT", path + "/name", "{\"name\": \"One\"}").status())
        .isEqualTo(200);
    Answer stale = api.with("If-Match", tag).send("PUT", path + "/name", "{\"name\": \"Two\"}");
    assertThat(stale.status()).isEqualTo(412);
    assertThat(stale.problem()).isEqualTo("version-mismatch");
    assertThat(
            api.with("If-Match", "7").send("PUT", path + "/name", "{\"name\": \"Two\"}").problem())
        .isEqualTo("if-match-malformed");
  }

  @Test
  void aKeyMakesARepeatSafeAndItsReuseARefusal() throws Exception {
    String path = tenant("keys");
    Client keyed = api.with("Idempotency-Key", "k-1");
    Answer first = keyed.send("PUT", path + "/name", "{\"name\": \"First\"}");
    api.send("PUT", path + "/name", "{\"name\": \"Second\"}");
    Answer again = keyed.send("PUT", path + "/name", "{\"name\": \"First\"}");
    assertThat(again.body().path("version")).isEqualTo(first.body().path("version"));
    assertThat(again.body().path("summary")).isEqualTo(first.body().path("summary"));
    Answer reuse = keyed.send("PUT", path + "/name", "{\"name\": \"Third\"}");
    assertThat(reuse.status()).isEqualTo(422);
    assertThat(reuse.problem()).isEqualTo("idempotency-key-reused");
    assertThat(
            api.with("Idempotency-Key", "k".repeat(129))
                .send("PUT", path + "/name", "{\"name\": \"X\"}")
                .problem())
        .isEqualTo("idempotency-key-length");
  }

  @Test
  void aDryRunStoresNothing() throws Exception {
    String path = tenant("dry");
    long version = api.get(path).body().path("version").asLong();
    Answer tried = api.send("PUT", path + "/name?dryRun=true", "{\"name\": \"Dry\"}");
    assertThat(tried.status()).isEqualTo(200);
    assertThat(tried.body().path("events").toString()).contains("renamed");
    assertThat(tried.header("ETag")).isEmpty();
    assertThat(api.get(path).body().path("version").asLong()).isEqualTo(version);
    assertThat(api.send("PUT", path + "/name?dryrun=true", "{\"name\": \"Dry\"}").problem())
        .isEqualTo("parameter-unknown");
    assertThat(api.send("PUT", path + "/name?dryRun=yes", "{\"name\": \"Dry\"}").problem())
        .isEqualTo("parameter-malformed");
  }

  @Test
  void theCallersTraceIsHandedOnAndABadOneReplaced() throws Exception {
    String path = tenant("traced");
    String trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    Answer answer =
        api.with("traceparent", trace).send("PUT", path + "/name", "{\"name\": \"Traced\"}");
    assertThat(answer.header("traceparent")).contains(trace);
    assertThat(api.get(path + "/history").text()).contains("4bf92f3577b34da6a3ce929d0e0e4736");
    assertThat(api.with("traceparent", "nonsense").get(path).header("traceparent").orElseThrow())
        .matches("00-[0-9a-f]{32}-[0-9a-f]{16}-01");
    Answer problem = api.with("traceparent", trace).get("/v1/tenants/nobody");
    assertThat(problem.body().path("instance").asText())
        .isEqualTo("urn:copyhold:trace:4bf92f3577b34da6a3ce929d0e0e4736");
  }

  @Test
  void badBodiesAreRefusedWithThePlace() throws Exception {
    String path = "/v1/tenants/bodies";
    String[][] bodies = {
      {onboarding().replace("\"plan\"", "\"plam\""), "field-unknown", "/plam"},
      {onboarding().replace("\"pro\"", "7"), "field-type-wrong", "/plan"},
      {onboarding().replace("\"pro\"", "null"), "field-missing", "/plan"},
      {onboarding().replace("\"plan\": \"pro\",", ""), "field-missing", "/plan"},
      {onboarding().replace("\"schema\"", "\"shelf\""), "field-value-unknown", "/isolation"},
      {onboarding().replace("}", ", \"tags\": [1]}"), "field-type-wrong", "/tags/0"},
      {onboarding().replace("}", ", \"settings\": []}"), "field-type-wrong", "/settings"},
      {onboarding().replace("}", ", \"plan\": \"x\"}"), "field-twice", null},
      {"{\"name\": ", "json-malformed", null},
      {onboarding() + "{}", "json-malformed", null},
      {"[]", "field-type-wrong", "/"},
      {"null", "body-null", "/"},
      {"", "body-missing", null},
    };
    for (String[] each : bodies) {
      Answer answer = api.send("PUT", path, each[0]);
      assertThat(answer.status()).as(each[0]).isIn(400, 422);
      assertThat(answer.problem()).as(each[0]).isEqualTo(each[1]);
      if (each[2] != null) {
        assertThat(answer.body().path("where").asText()).as(each[0]).isEqualTo(each[2]);
      }
    }
    Answer text = api.with("Content-Type", "text/plain").send("PUT", path, onboarding());
    assertThat(text.status()).isEqualTo(415);
    assertThat(api.get(path).status()).isEqualTo(404);
  }

  @Test
  void unknownPathsAndMethodsAreProblems() throws Exception {
    assertThat(api.get("/v1/nothing").problem()).isEqualTo("route-unknown");
    assertThat(api.get("/").problem()).isEqualTo("route-unknown");
    Answer method = api.send("DELETE", "/v1/tenants", null);
    assertThat(method.status()).isEqualTo(405);
    assertThat(method.header("Allow")).contains("GET");
    assertThat(api.get("/v1/tenants/a%2Fb").status()).isEqualTo(404);
    assertThat(api.get("/v1/tenants/a%7Cb").status()).isEqualTo(404);
    assertThat(api.get("/v1/tenants/..%2f..%2fetc").status()).isEqualTo(404);
    assertThat(api.get("/v1/quarantine/tenant/never").status()).isEqualTo(404);
    assertThat(api.send("POST", "/v1/quarantine/tenant/never/retry", null).status()).isEqualTo(404);
    assertThat(api.send("POST", "/v1/quarantine/tenant/never/skip", "{\"version\": 1}").status())
        .isEqualTo(404);
    assertThat(api.send("POST", "/v1/quarantine/tenant/never/restore", "{\"version\": 1}").status())
        .isEqualTo(404);
    assertThat(api.get("/v1/quarantine").status()).isEqualTo(200);
    assertThat(api.send("POST", "/v1/tenants/x-1/resume", "{}").problem())
        .isEqualTo("body-unexpected");
  }

  @Test
  void anOperationIsReadExplainedAndSignalled() throws Exception {
    node.entities
        .ask(node.counter("c1"), new Counter.Command.Work(), Origin.of("test"))
        .toCompletableFuture()
        .get(60, TimeUnit.SECONDS);
    String path = "/v1/operations/counter/c1/count/1";
    Node.await(() -> api.get(path + "/explain").text().contains("\"signal\""));
    Answer explained = api.get(path + "/explain");
    assertThat(explained.body().path("reasons").get(0).path("text").asText())
        .contains("may it go on?");
    Node.await(() -> {
      Answer now = api.get(path + "/explain");
      return now.body().path("proofs").findValuesAsText("kind").contains("signal")
          && !now.text().contains("\"holds\":false");
    });
    assertThat(api.get(path).body().at("/state/summary/step").asText()).isEqualTo("wait");
    assertThat(api.get("/v1/operations?filter=owner:counter/c1").body().path("total").asInt())
        .isEqualTo(1);
    assertThat(api.get(path + "/history").body().path("events").size()).isGreaterThan(2);
    assertThat(api.get(path + "/diff?to=2").status()).isEqualTo(200);
    Answer dry = api.send("POST", path + "/cancel?dryRun=true", null);
    assertThat(dry.status()).as(dry.text()).isEqualTo(200);
    assertThat(dry.body().path("events").toString()).contains("cancel-requested");
    assertThat(api.send("POST", path + "/pause", null).status()).isEqualTo(200);
    assertThat(api.get(path + "/explain").text()).contains("paused");
    assertThat(api.send("POST", path + "/resume", null).status()).isEqualTo(200);
    assertThat(api.send("POST", path + "/retry", null).status()).isEqualTo(200);
    assertThat(api.send("POST", path + "/choose", "{\"happened\": true}").problem())
        .isEqualTo("no-choice");
    assertThat(api.send("POST", path + "/approve", "{\"signal\": \"stop\"}").problem())
        .isEqualTo("other-signal");
    String deep = "{\"signal\": \"go\", \"data\": " + "[".repeat(100_000) + "}";
    assertThat(api.send("POST", path + "/approve", deep).problem()).isEqualTo("json-too-deep");
    assertThat(api.send("POST", path + "/approve", "{\"signal\": \"go\"}").status()).isEqualTo(200);
    Node.await(() -> api.get(path).body().at("/state/summary/state").asText().equals("done"));
    assertThat(api.get(path + "/explain").body().path("reasons")).isEmpty();
    assertThat(api.send("POST", path + "/cancel", null).status()).isEqualTo(409);
    assertThat(api.get("/v1/operations/counter/c1/count/9").status()).isEqualTo(404);
    assertThat(api.get("/v1/operations/counter/c1/count/x").status()).isEqualTo(404);
  }

  @Test
  void healthSaysWhy() throws Exception {
    Client nobody = node.client(null);
    assertThat(nobody.get("/health/live").status()).isEqualTo(200);
    assertThat(nobody.get("/health/ready").status()).isEqualTo(200);
    node.healthy = false;
    try {
      Answer answer = nobody.get("/health/ready");
      assertThat(answer.status()).isEqualTo(503);
      assertThat(answer.text()).contains("it does not answer");
    } finally {
      node.healthy = true;
    }
    assertThat(nobody.get("/metrics").status()).isEqualTo(401);
    assertThat(api.get("/metrics").text()).contains("copyhold_test 1");
  }

  @Test
  void aJournalThatCannotStoreIsNotNow() throws Exception {
    String path = tenant("away");
    node.journalUp = false;
    try {
      Answer answer =
          api.with("Idempotency-Key", "away").send("PUT", path + "/name", "{\"name\": \"Later\"}");
      assertThat(answer.status()).isEqualTo(503);
      assertThat(answer.header("Retry-After")).isPresent();
      assertThat(answer.body().path("outcomeKnown").isBoolean()).isTrue();
    } finally {
      node.journalUp = true;
    }
    Node.await(() ->
        api.with("Idempotency-Key", "away")
                .send("PUT", path + "/name", "{\"name\": \"Later\"}")
                .status()
            == 200);
  }
}
