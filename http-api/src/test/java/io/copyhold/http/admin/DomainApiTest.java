package io.copyhold.http.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.config.secret.SecretRef;
import io.copyhold.http.Client;
import io.copyhold.http.Client.Answer;
import io.copyhold.http.Node;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Stores, changelogs, pools and tenants over HTTP; every answer is held against the contract by the
 * client.
 */
class DomainApiTest {
  private static Node node;
  private static Client api;

  @BeforeAll
  static void start() throws Exception {
    node = new Node();
    api = node.client();
    Answer published =
        api.send(
            "POST",
            "/v1/changelogs/invoicing/versions",
            """
            {"poolable": true, "scripts": [
              {"file": "V2__add_due_date.sql", "content": "alter table invoice add due date"},
              {"file": "V1__create_invoices.sql", "content": "create table invoice (id int)"}]}
            """);
    assertThat(published.status()).isEqualTo(201);
    assertThat(published.body().path("summary").path("latest").asText()).isEqualTo("2");
    Answer store =
        api.send(
            "PUT",
            "/v1/stores/eu-1",
            """
            {"host": "127.0.0.1", "port": 5433, "adminUser": "copyhold", "adminPassword": "canary-pw",
             "region": "eu", "tier": "standard"}
            """);
    assertThat(store.status()).as(store.text()).isEqualTo(202);
  }

  @AfterAll
  static void stop() throws Exception {
    node.close();
  }

  static String onboarding(String name) {
    return """
    {"name": "%s", "plan": "pro", "region": "eu", "tier": "standard", "isolation": "schema",
     "store": "eu-1", "changelog": "invoicing", "version": "1", "tags": ["team=blue"]}
    """
        .formatted(name);
  }

  static void active(Client api, String tenant) throws Exception {
    Node.await(() ->
        api.get("/v1/tenants/" + tenant).text().contains("\"kind\":\"Live\"")
            && !api.get("/v1/tenants/" + tenant).text().contains("\"task\""));
  }

  @Test
  void aTenantsWholeLife() throws Exception {
    Answer onboarded = api.send("PUT", "/v1/tenants/acme", onboarding("Acme Ltd"));
    assertThat(onboarded.status()).as(onboarded.text()).isEqualTo(202);
    assertThat(onboarded.header("Location")).contains("/v1/operations/tenant/acme/provision/1");
    Answer operation = api.get("/v1/operations/tenant/acme/provision/1");
    assertThat(operation.status()).isEqualTo(200);
    active(api, "acme");

    Answer again = api.send("PUT", "/v1/tenants/acme", onboarding("Acme Ltd"));
    assertThat(again.body().path("events")).isEmpty();
    Answer other = api.send("PUT", "/v1/tenants/acme", onboarding("Acme GmbH"));
    assertThat(other.status()).isEqualTo(409);
    assertThat(other.problem()).isEqualTo("tenant-exists");

    assertThat(api.send("POST", "/v1/tenants/acme/suspend", "{\"reason\": \"unpaid\"}").status())
        .isEqualTo(202);
    Node.await(() ->
        api.get("/v1/tenants/acme").body().path("state").path("suspended").isTextual()
            && !api.get("/v1/tenants/acme").text().contains("\"task\""));
    assertThat(api.send("POST", "/v1/tenants/acme/resume", null).status()).isEqualTo(202);
    active(api, "acme");
    Answer configured =
        api.send(
            "PATCH", "/v1/tenants/acme/settings", "{\"set\": {\"timezone\": \"Europe/Berlin\"}}");
    assertThat(configured.status()).isEqualTo(200);
    assertThat(api.send("PATCH", "/v1/tenants/acme/tags", "{\"add\": [\"vip\"]}").status())
        .isEqualTo(200);
    assertThat(api.send("PUT", "/v1/tenants/acme/name", "{\"name\": \"Acme AG\"}").status())
        .isEqualTo(200);
    assertThat(api.send("POST", "/v1/tenants/acme/migrate", "{\"version\": \"2\"}").status())
        .isEqualTo(202);
    active(api, "acme");

    Answer history = api.get("/v1/tenants/acme/history?limit=2");
    assertThat(history.body().path("events")).hasSize(2);
    assertThat(history.body().path("next").asInt()).isEqualTo(3);
    Answer first = api.get("/v1/tenants/acme?version=1");
    assertThat(first.body().path("state").path("profile").path("name").asText())
        .isEqualTo("Acme Ltd");
    long version = api.get("/v1/tenants/acme").body().path("version").asLong();
    Answer diff = api.get("/v1/tenants/acme/diff?from=2&to=" + version);
    assertThat(diff.text()).contains("/profile/name").contains("Acme AG");
    String time = history.body().path("events").get(0).path("at").asText();
    assertThat(api.get("/v1/tenants/acme?at=" + time).body().path("version").asLong()).isEqualTo(1);
    assertThat(api.get("/v1/tenants/acme?at=2020-01-01T00:00:00Z").status()).isEqualTo(404);
    assertThat(api.get("/v1/tenants/acme?version=99").problem()).isEqualTo("version-not-reached");
    Answer replay = api.send("POST", "/v1/tenants/acme/replays", "{\"diff\": true}");
    assertThat(replay.body().path("findings")).as(replay.text()).isEmpty();
    assertThat(replay.body().path("diff")).as(replay.text()).isEmpty();
    assertThat(replay.body().path("liveVersion").asLong()).isEqualTo(version);
    assertThat(replay.body().path("operations").asInt()).isGreaterThanOrEqualTo(4);
    assertThat(replay.body().path("redecided").asInt()).isGreaterThan(8);
    Answer earlier =
        api.send("POST", "/v1/tenants/acme/replays", "{\"toVersion\": 1, \"diff\": true}");
    assertThat(earlier.body().path("version").asLong()).isEqualTo(1);
    assertThat(earlier.body().path("diff").toString()).contains("/profile/name");
    assertThat(earlier.body().path("findings")).isEmpty();
    assertThat(api.send("POST", "/v1/tenants/none/replays", "{}").status()).isEqualTo(404);
    assertThat(api.send("POST", "/v1/tenants/acme/replays", "{\"speed\": -1}").problem())
        .isEqualTo("replay-speed");

    assertThat(api.send("DELETE", "/v1/tenants/acme?confirm=other", null).status())
        .isBetween(400, 422);
    assertThat(api.send("DELETE", "/v1/tenants/acme?confirm=acme", null).status()).isEqualTo(202);
    Node.await(() -> api.get("/v1/tenants/acme").text().contains("\"kind\":\"Offboarded\""));
  }

  @Test
  void anAdoptionIsOfferedBeforeItIsConfirmed() throws Exception {
    String body =
        """
        {"name": "Old Ltd", "plan": "pro", "region": "eu", "tier": "standard", "store": "eu-1",
         "database": "old", "schema": "legacy", "changelog": "invoicing", "version": "1"}
        """;
    assertThat(api.send("PUT", "/v1/tenants/legacy/adoption", body).status()).isEqualTo(202);
    Node.await(() -> api.get("/v1/tenants/legacy").text().contains("\"Offered\""));
    assertThat(api.send("POST", "/v1/tenants/legacy/adoption/confirm", null).status())
        .isEqualTo(202);
    active(api, "legacy");
    assertThat(api.send("DELETE", "/v1/tenants/legacy/adoption", null).status()).isEqualTo(409);
    assertThat(
            api.send(
                    "PUT",
                    "/v1/tenants/legacy-2/adoption",
                    body.replace("\"schema\"", "\"scheme\""))
                .problem())
        .isEqualTo("field-unknown");
  }

  @Test
  void aPoolIsMadeMigratedAndDropped() throws Exception {
    Answer made =
        api.send(
            "PUT",
            "/v1/pools/shared-1",
            "{\"store\": \"eu-1\", \"changelog\": \"invoicing\", \"version\": \"1\", \"membersMax\": 100}");
    assertThat(made.status()).as(made.text()).isEqualTo(202);
    Node.await(() -> api.get("/v1/pools/shared-1").text().contains("\"kind\":\"Open\""));
    assertThat(api.send("POST", "/v1/pools/shared-1/migrate", "{}").status()).isEqualTo(202);
    Node.await(
        () -> api.get("/v1/pools/shared-1").body().at("/state/version").asText().equals("2"));
    assertThat(api.send("DELETE", "/v1/pools/shared-1", null).status()).isEqualTo(202);
    assertThat(
            api.send(
                    "PUT",
                    "/v1/pools/p-2",
                    "{\"store\": \"none-such\", \"changelog\": \"invoicing\", \"membersMax\": 1}")
                .problem())
        .isEqualTo("store-unknown");
  }

  @Test
  void aStoresPasswordIsKeptAsASecretAndShownNowhere() throws Exception {
    assertThat(node.secrets.require(new SecretRef("stores/eu-1/admin")).reveal())
        .isEqualTo("canary-pw");
    for (String path : new String[] {"", "/history", "/diff?to=1"}) {
      assertThat(api.get("/v1/stores/eu-1" + path).text()).doesNotContain("canary-pw");
    }
    Answer refused =
        api.send(
            "PUT",
            "/v1/stores/eu-1",
            """
            {"host": "127.0.0.9", "port": 5433, "adminUser": "copyhold", "adminPassword": "other-pw",
             "region": "eu", "tier": "standard"}
            """);
    assertThat(refused.status()).isEqualTo(409);
    assertThat(refused.text()).doesNotContain("other-pw");
    assertThat(node.secrets.require(new SecretRef("stores/eu-1/admin")).reveal())
        .isEqualTo("canary-pw");
  }

  @Test
  void aStoreIsCheckedDrainedUpdatedAndRemoved() throws Exception {
    String body =
        """
        {"host": "127.0.0.1", "port": 5434, "adminUser": "copyhold", "adminPassword": "pw",
         "region": "us", "tier": "standard", "capacity": {"homesMax": 10, "connectionsMax": 5, "workMax": 2}}
        """;
    assertThat(
            api.send("PUT", "/v1/stores/us-1?dryRun=true", body).body().path("dryRun").asBoolean())
        .isTrue();
    assertThat(node.secrets.get(new SecretRef("stores/us-1/admin"))).isEmpty();
    assertThat(api.send("PUT", "/v1/stores/us-1", body).status()).isEqualTo(202);
    Node.await(() -> api.get("/v1/stores/us-1").text().contains("\"Ready\""));
    assertThat(api.send("POST", "/v1/stores/us-1/check", null).status()).isEqualTo(202);
    assertThat(api.send("POST", "/v1/stores/us-1/drain", null).status()).isBetween(200, 202);
    assertThat(api.send("POST", "/v1/stores/us-1/undrain", null).status()).isBetween(200, 202);
    assertThat(api.send("PATCH", "/v1/stores/us-1", "{\"adminPassword\": \"newer\"}").status())
        .isEqualTo(202);
    Node.await(() -> !api.get("/v1/stores/us-1").body().at("/state/checking").asBoolean());
    Answer removed = api.send("DELETE", "/v1/stores/us-1", null);
    assertThat(removed.status()).as(removed.text()).isEqualTo(200);
    assertThat(api.get("/v1/stores/us-1").status()).isEqualTo(404);
  }

  @Test
  void aPublishedScriptNeverChanges() throws Exception {
    Answer changed =
        api.send(
            "POST",
            "/v1/changelogs/invoicing/versions",
            "{\"poolable\": true, \"scripts\": [{\"file\": \"V1__create_invoices.sql\", \"content\": \"other\"}]}");
    assertThat(changed.problem()).isEqualTo("version-immutable");
    Answer undo =
        api.send(
            "POST",
            "/v1/changelogs/invoicing/versions",
            "{\"scripts\": [{\"file\": \"U9__create_invoices.sql\", \"content\": \"x\"}]}");
    assertThat(undo.problem()).isEqualTo("undo-without-version");
    assertThat(api.get("/v1/changelogs/invoicing/versions/1").body().path("content").asText())
        .isEqualTo("create table invoice (id int)");
    assertThat(api.get("/v1/changelogs/invoicing/versions/7").status()).isEqualTo(404);
    Answer tried =
        api.send(
            "POST",
            "/v1/changelogs/tried/versions?dryRun=true",
            "{\"scripts\": [{\"file\": \"V1__a.sql\", \"content\": \"x\"}]}");
    assertThat(tried.body().path("dryRun").asBoolean()).isTrue();
    assertThat(api.get("/v1/changelogs/tried").status()).isEqualTo(404);
    assertThat(
            api.send(
                    "POST",
                    "/v1/changelogs/old/versions",
                    "{\"scripts\": [{\"file\": \"V1__a.sql\", \"content\": \"x\"}]}")
                .status())
        .isEqualTo(201);
    assertThat(api.send("POST", "/v1/changelogs/old/retire", null).status()).isEqualTo(200);
  }

  @Test
  void idsThatCannotBeAreRefusedWithTheReason() throws Exception {
    for (String[] each :
        new String[][] {
          {"a", "id-length"},
          {"x".repeat(41), "id-length"},
          {"Acme", "id-characters"},
          {"\u0430cme", "id-characters"},
          {"acme--2", "id-form"},
          {"postgres", "id-reserved"}
        }) {
      String id = URLEncoder.encode(each[0], StandardCharsets.UTF_8);
      Answer answer = api.send("PUT", "/v1/tenants/" + id, onboarding("Acme"));
      assertThat(answer.status()).as(each[0]).isEqualTo(422);
      assertThat(answer.problem()).as(each[0]).isEqualTo(each[1]);
      assertThat(api.get("/v1/tenants/" + id).status()).isEqualTo(404);
    }
    assertThat(
            api.send(
                    "PUT",
                    "/v1/tenants/" + URLEncoder.encode("\u0430cme", StandardCharsets.UTF_8),
                    onboarding("A"))
                .text())
        .contains("CYRILLIC");
  }

  @Test
  void whatAnOnboardingNamesMustBeThere() throws Exception {
    String body = onboarding("Acme");
    Answer changelog = api.send("PUT", "/v1/tenants/t-1", body.replace("invoicing", "none-such"));
    assertThat(changelog.problem()).isEqualTo("changelog-unknown");
    assertThat(changelog.body().path("where").asText()).isEqualTo("/changelog");
    Answer version = api.send("PUT", "/v1/tenants/t-1", body.replace("\"1\"", "\"9\""));
    assertThat(version.problem()).isEqualTo("version-unknown");
    assertThat(api.get("/v1/tenants/t-1").status()).isEqualTo(404);
    assertThat(api.send("POST", "/v1/tenants/t-1/resume", null).status()).isEqualTo(404);
    assertThat(api.send("POST", "/v1/tenants/t-1/migrate", "{}").status()).isEqualTo(404);
  }

  @Test
  void aConnectionStringNeedsItsOwnPermission() throws Exception {
    api.send("PUT", "/v1/tenants/connected", onboarding("Connected"));
    active(api, "connected");
    Answer answer = api.get("/v1/tenants/connected/connection");
    assertThat(answer.body().path("uri").asText())
        .isEqualTo("postgresql://t_connected:s3cret@127.0.0.1:5432/connected?sslmode=prefer");
    assertThat(answer.header("Cache-Control")).contains("no-store");
    Answer reader = api.send("POST", "/v1/tokens", "{\"name\": \"looker\", \"role\": \"reader\"}");
    Client looker = node.client(reader.body().path("token").asText());
    assertThat(looker.get("/v1/tenants/connected").status()).isEqualTo(200);
    assertThat(looker.get("/v1/tenants/connected/connection").status()).isEqualTo(403);
    assertThat(api.get("/v1/tenants/nobody/connection").status()).isEqualTo(404);
  }

  @Test
  void anApplicationSeesItsTenantsAndNoOthers() throws Exception {
    for (String id : new String[] {"mine", "tagged", "theirs"}) {
      api.send(
          "PUT",
          "/v1/tenants/" + id,
          onboarding(id).replace("team=blue", id.equals("tagged") ? "team=app" : "none"));
      active(api, id);
    }
    Answer made =
        api.send(
            "POST",
            "/v1/tokens",
            "{\"name\": \"app\", \"role\": \"application\", \"scope\": {\"tenants\": [\"mine\"], \"tags\": [\"team=app\"]}}");
    Client app = node.client(made.body().path("token").asText());
    Answer list = app.get("/v1/tenants");
    assertThat(list.body().path("items").findValuesAsText("id"))
        .containsExactlyInAnyOrder("mine", "tagged");
    assertThat(
            app.get("/v1/tenants?filter=id:theirs,mine")
                .body()
                .path("items")
                .findValuesAsText("id"))
        .containsExactly("mine");
    assertThat(app.get("/v1/tenants?filter=id:theirs").body().path("total").asInt()).isZero();
    assertThat(app.get("/v1/tenants/mine").status()).isEqualTo(200);
    assertThat(app.get("/v1/tenants/tagged/connection").status()).isEqualTo(200);
    for (String path : new String[] {"", "/history", "/diff?to=1", "/connection", "?version=1"}) {
      assertThat(app.get("/v1/tenants/theirs" + path).status()).as(path).isEqualTo(404);
    }
    assertThat(app.get("/v1/operations/tenant/theirs/provision/1").status()).isEqualTo(404);
    assertThat(app.get("/v1/operations/tenant/mine/provision/1").status()).isEqualTo(200);
    assertThat(app.get("/v1/operations").body().path("items").toString())
        .contains("tenant/mine")
        .doesNotContain("tenant/theirs");
    assertThat(app.get("/v1/stores").status()).isEqualTo(403);
    assertThat(app.send("POST", "/v1/tenants/mine/suspend", "{\"reason\": \"x\"}").status())
        .isEqualTo(403);
  }

  @Test
  void listsFilterSearchSortCountAndPage() throws Exception {
    for (int i = 0; i < 5; i++) {
      api.send(
          "PUT",
          "/v1/tenants/page-" + i,
          onboarding("Page").replace("\"pro\"", i % 2 == 0 ? "\"even\"" : "\"odd\""));
      active(api, "page-" + i);
    }
    Answer position = api.send("PATCH", "/v1/tenants/page-4/tags", "{\"add\": [\"last\"]}");
    String after = position.header("Copyhold-Position").orElseThrow();
    Answer page = api.get("/v1/tenants?prefix=page-&limit=2&sort=-id&facet=plan&after=" + after);
    assertThat(page.body().path("items").findValuesAsText("id"))
        .containsExactly("page-4", "page-3");
    assertThat(page.body().path("total").asInt()).isEqualTo(5);
    assertThat(page.body().path("upToDate").asBoolean()).isTrue();
    assertThat(page.body().at("/facets/plan/even").asInt()).isEqualTo(3);
    Answer next =
        api.get(
            "/v1/tenants?prefix=page-&limit=2&sort=-id&cursor="
                + page.body().path("next").asText());
    assertThat(next.body().path("items").findValuesAsText("id"))
        .containsExactly("page-2", "page-1");
    assertThat(api.get("/v1/tenants?filter=plan:odd").body().path("total").asInt()).isEqualTo(2);
    assertThat(api.get("/v1/tenants?filter=tags:last").body().path("total").asInt()).isEqualTo(1);
    assertThat(api.get("/v1/tenants?cursor=nonsense").problem()).isEqualTo("cursor-malformed");
    assertThat(api.get("/v1/tenants?limit=0").problem()).isEqualTo("parameter-out-of-range");
    assertThat(api.get("/v1/tenants?filter=plan").problem()).isEqualTo("parameter-malformed");
    assertThat(api.get("/v1/tenants?fliter=plan:odd").problem()).isEqualTo("parameter-unknown");
    assertThat(api.get("/v1/tenants?after=tenant/page-4@99999").body().path("upToDate").asBoolean())
        .isFalse();
  }

  @Test
  void aRolloutIsSteeredAndItsFailuresTriedAgain() throws Exception {
    String plan =
        """
        {"changelog": "invoicing", "version": "2", "waves": [1, "50%"], "failureBudget": "5%",
         "selector": {"regions": ["eu"], "isolations": ["schema"]}, "gated": true}
        """;
    Answer started = api.send("PUT", "/v1/rollouts/r-1", plan);
    assertThat(started.header("Location")).contains("/v1/operations/rollout/r-1/rollout/1");
    Node.await(
        () -> api.get("/v1/operations/rollout/r-1/rollout/1/explain").text().contains("wave-2"));
    assertThat(api.send("POST", "/v1/rollouts/r-1/pause", null).status()).isEqualTo(200);
    assertThat(api.send("POST", "/v1/rollouts/r-1/resume", null).status()).isEqualTo(200);
    assertThat(api.send("POST", "/v1/rollouts/r-1/retry-failed", null).problem())
        .isEqualTo("rollout-running");
    assertThat(api.send("POST", "/v1/rollouts/r-1/approve", "{\"signal\": \"wave-2\"}").status())
        .isEqualTo(200);
    Node.await(() -> api.get("/v1/rollouts/r-1").text().contains("\"Ended\""));
    Answer again = api.send("POST", "/v1/rollouts/r-1/retry-failed", null);
    assertThat(again.header("Location")).contains("/v1/operations/rollout/r-1/rollout/2");
    Node.await(
        () -> api.get("/v1/operations/rollout/r-1/rollout/2/explain").text().contains("wave-2"));
    assertThat(api.send("POST", "/v1/rollouts/r-1/cancel?dryRun=true", null).status())
        .isEqualTo(200);
    assertThat(api.send("POST", "/v1/rollouts/r-1/cancel", null).status()).isEqualTo(200);
    Node.await(() -> api.get("/v1/rollouts/r-1").text().contains("\"Cancelled\""));
    assertThat(api.send("POST", "/v1/rollouts/r-1/rollback", "{\"wave\": \"wave-1\"}").problem())
        .isEqualTo("undo-missing");
    Answer bad = api.send("PUT", "/v1/rollouts/r-2", plan.replace("\"50%\"", "\"half\""));
    assertThat(bad.problem()).isEqualTo("size-form");
    assertThat(bad.body().path("where").asText()).isEqualTo("/waves/1");
    assertThat(api.send("PUT", "/v1/rollouts/r-1", plan.replace("5%", "9%")).status())
        .isEqualTo(409);
  }

  @Test
  void aRolloutMayHaveCanariesARateAndChecks() throws Exception {
    String plan =
        """
        {"changelog": "invoicing", "version": "2", "waves": [{"tags": ["canary"]}, "50%"],
         "failureBudget": {"percent": 5, "atLeast": 20}, "atOnce": 8,
         "selector": {"plans": ["pro"], "stores": ["eu-1"]},
         "checks": [{"sql": "select true"}, {"http": "https://example.com/ready"},
           {"metric": "copyhold_agenda_rows", "max": 1000, "attempts": 2, "everySeconds": 1}]}
        """;
    Answer preview = api.send("POST", "/v1/rollouts/r-9/preview", plan);
    assertThat(preview.status()).isEqualTo(200);
    assertThat(preview.body().path("waves").findValuesAsText("wave"))
        .containsExactly("wave-1", "wave-2", "wave-rest");
    assertThat(api.get("/v1/rollouts/r-9").status()).isEqualTo(404);
    assertThat(api.send("PUT", "/v1/rollouts/r-9?dryRun=true", plan).status()).isEqualTo(200);
    assertThat(
            api.send(
                    "PUT",
                    "/v1/rollouts/r-9",
                    plan.replace("\"sql\": \"select true\"", "\"min\": 1"))
                .problem())
        .isEqualTo("check-form");
    Answer unknown = api.send("PUT", "/v1/rollouts/r-9", plan.replace("\"tags\"", "\"tagz\""));
    assertThat(unknown.problem()).isEqualTo("field-unknown");
    assertThat(unknown.body().path("where").asText()).startsWith("/waves/0");
    assertThat(api.send("PUT", "/v1/rollouts/r-9", plan.replace("https://", "ftp://")).problem())
        .isEqualTo("url-form");
  }
}
