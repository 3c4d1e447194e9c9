package io.copyhold.http.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.http.Client;
import io.copyhold.http.Node;
import io.copyhold.http.auth.Permissions;
import io.copyhold.http.auth.Role;
import io.copyhold.http.auth.TokenText;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class TokenApiTest {
  private static Node node;

  @BeforeAll
  static void start() throws Exception {
    node = new Node();
  }

  @AfterAll
  static void stop() throws Exception {
    node.close();
  }

  private static Client.Answer make(String body) throws Exception {
    return node.client().send("POST", "/v1/tokens", body);
  }

  private static String token(String role) throws Exception {
    String scope = role.equals("application") ? ", \"scope\": {\"tenants\": [\"acme\"]}" : "";
    Client.Answer made = make("{\"name\": \"t\", \"role\": \"" + role + "\"" + scope + "}");
    assertThat(made.status()).isEqualTo(201);
    return made.body().path("token").asText();
  }

  /** Some path that the route matches. */
  private static String path(Route route) {
    return route
        .path()
        .replace("{generation}", "1")
        .replaceAll("\\{[^}]+}", "abc")
        .replace("/v1/tokens/abc", "/v1/tokens/0123456789abcdef");
  }

  @Test
  void everyRouteRefusesNoTokenAWrongOneAndARoleThatMayNot() throws Exception {
    String wrong = "chd_0000000000000001_" + "A".repeat(43);
    List<String> open = new ArrayList<>();
    for (Route route : node.routes.routes()) {
      var permission = Permissions.of(route.name());
      if (permission == null) {
        open.add(route.name());
        continue;
      }
      Client.Answer none = node.client(null).send(route.method(), path(route), null);
      assertThat(none.status()).as(route.name()).isEqualTo(401);
      assertThat(none.problem()).isEqualTo("token-missing");
      assertThat(none.header("WWW-Authenticate")).isPresent();
      node.aheadMs.addAndGet(60_000); // wrong tokens are limited by time
      Client.Answer bad = node.client(wrong).send(route.method(), path(route), null);
      assertThat(bad.status()).as(route.name()).isEqualTo(401);
      assertThat(bad.problem()).isEqualTo("token-wrong");
    }
    for (Role role : Role.values()) {
      Client as = node.client(token(role.word()));
      for (Route route : node.routes.routes()) {
        var permission = Permissions.of(route.name());
        if (permission != null && !Permissions.granted(role).contains(permission)) {
          Client.Answer answer = as.send(route.method(), path(route), null);
          assertThat(answer.status()).as(role + " " + route.name()).isEqualTo(403);
          assertThat(answer.problem()).isEqualTo("permission-missing");
        }
      }
    }
    assertThat(open).containsExactlyInAnyOrder("GET /health/live", "GET /health/ready");
  }

  @Test
  void everyPermissionOfTheTableHasARoute() {
    assertThat(node.routes.routes().stream().map(Route::name).toList())
        .containsAll(Permissions.routes());
  }

  @Test
  void aReaderReadsAndChangesNothing() throws Exception {
    Client reader = node.client(token("reader"));
    assertThat(reader.get("/v1/operations").status()).isEqualTo(200);
    assertThat(reader.get("/v1/tokens").status()).isEqualTo(403);
    assertThat(reader.send("POST", "/v1/tokens", "{}").status()).isEqualTo(403);
  }

  @Test
  void theSecretIsShownOnceAndTheHashNever() throws Exception {
    Client.Answer made = make("{\"name\": \"ci\", \"role\": \"operator\"}");
    String id = made.body().path("id").asText();
    assertThat(made.body().path("token").asText()).startsWith("chd_" + id + "_");
    assertThat(made.header("Cache-Control")).contains("no-store");
    String secret = made.body().path("token").asText().substring(21);
    for (String path : List.of("", "/history", "/diff?to=1")) {
      Client.Answer answer = node.client().get("/v1/tokens/" + id + path);
      assertThat(answer.status()).as(path).isEqualTo(200);
      assertThat(answer.text()).doesNotContain(secret).doesNotContainPattern("[0-9a-f]{64}");
    }
    assertThat(node.client().get("/v1/tokens").text()).contains(id).doesNotContain(secret);
  }

  @Test
  void aRevokedTokenStopsWorking() throws Exception {
    Client.Answer made = make("{\"name\": \"gone\", \"role\": \"operator\"}");
    Client as = node.client(made.body().path("token").asText());
    assertThat(as.get("/v1/tokens").status()).isEqualTo(200);
    String path = "/v1/tokens/" + made.body().path("id").asText();
    assertThat(node.client().send("DELETE", path + "?dryRun=true", null).status()).isEqualTo(200);
    assertThat(as.get("/v1/tokens").status()).isEqualTo(200);
    assertThat(node.client().send("DELETE", path, null).status()).isEqualTo(200);
    assertThat(as.get("/v1/tokens").problem()).isEqualTo("token-wrong");
  }

  @Test
  void aTokenRevokedElsewhereStopsWorkingWhenItsYesIsForgotten() throws Exception {
    Client.Answer made = make("{\"name\": \"elsewhere\", \"role\": \"operator\"}");
    Client as = node.client(made.body().path("token").asText());
    assertThat(as.get("/v1/tokens").status()).isEqualTo(200);
    node.entities
        .ask(
            io.copyhold.http.auth.Tokens.ref(made.body().path("id").asText()),
            new io.copyhold.http.auth.Token.Command.Revoke("lost"),
            io.copyhold.runtime.Origin.of("test"))
        .toCompletableFuture()
        .get(60, TimeUnit.SECONDS);
    node.aheadMs.addAndGet(5_001);
    assertThat(as.get("/v1/tokens").problem()).isEqualTo("token-wrong");
  }

  @Test
  void anExpiredTokenIsRefused() throws Exception {
    String soon =
        java.time.Instant.now().plusSeconds(3_600).plusMillis(node.aheadMs.get()).toString();
    Client.Answer made =
        make("{\"name\": \"short\", \"role\": \"operator\", \"expires\": \"" + soon + "\"}");
    Client as = node.client(made.body().path("token").asText());
    assertThat(as.get("/v1/tokens").status()).isEqualTo(200);
    node.aheadMs.addAndGet(3_600_001);
    assertThat(as.get("/v1/tokens").problem()).isEqualTo("token-expired");
    assertThat(
            make("{\"name\": \"past\", \"role\": \"operator\", \"expires\": \"2020-01-01T00:00:00Z\"}")
                .problem())
        .isEqualTo("token-expires-in-past");
  }

  @Test
  void theSameKeyMakesNoSecondToken() throws Exception {
    Client keyed = node.client().with("Idempotency-Key", "make-ci");
    Client.Answer first =
        keyed.send("POST", "/v1/tokens", "{\"name\": \"ci\", \"role\": \"reader\"}");
    Client.Answer again =
        keyed.send("POST", "/v1/tokens", "{\"name\": \"ci\", \"role\": \"reader\"}");
    assertThat(first.status()).isEqualTo(201);
    assertThat(again.problem()).isEqualTo("token-exists");
  }

  @Test
  void aScopeFitsItsRole() throws Exception {
    assertThat(make("{\"name\": \"a\", \"role\": \"application\"}").problem())
        .isEqualTo("token-scope-missing");
    assertThat(
            make("{\"name\": \"a\", \"role\": \"reader\", \"scope\": {\"tags\": [\"x\"]}}")
                .problem())
        .isEqualTo("token-scope-unfit");
    assertThat(make("{\"name\": \"Not Good\", \"role\": \"reader\"}").problem())
        .isEqualTo("token-name-invalid");
  }

  @Test
  void onlyTheFirstCandidateBecomesTheFirstToken() throws Exception {
    TokenText other = node.tokens.candidate();
    assertThat(node.tokens.bootstrap(other).toCompletableFuture().get(60, TimeUnit.SECONDS))
        .isFalse();
    TokenText first = TokenText.parse(node.operator).orElseThrow();
    assertThat(node.tokens.bootstrap(first).toCompletableFuture().get(60, TimeUnit.SECONDS))
        .isTrue();
    assertThat(node.client(other.reveal()).get("/v1/tokens").status()).isEqualTo(401);
  }

  @Test
  void aTokenSaysWhoHoldsIt() throws Exception {
    Client.Answer own = make("{\"name\": \"own\", \"role\": \"operator\"}");
    assertThat(own.body().path("summary").path("holder").asText()).isEqualTo("operator");
    Client.Answer bens = make("{\"name\": \"bens\", \"role\": \"operator\", \"holder\": \"ben\"}");
    assertThat(bens.body().path("summary").path("holder").asText()).isEqualTo("ben");
    Client.Answer next =
        node.client(bens.body().path("token").asText())
            .send("POST", "/v1/tokens", "{\"name\": \"next\", \"role\": \"reader\"}");
    assertThat(next.body().path("summary").path("holder").asText()).isEqualTo("ben");
    assertThat(make("{\"name\": \"x\", \"role\": \"reader\", \"holder\": \"Ben Smith\"}").problem())
        .isEqualTo("token-holder-invalid");
  }
}
