package io.copyhold.chaos.crash;

import static io.copyhold.chaos.crash.Rest.map;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.postgres.Database;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What an operator is told when onboarding meets trouble: what, where, and what to do. */
class TroubleTest {
  private static final int AT_ONCE = 8;
  private static Site site;

  @BeforeAll
  static void start() throws Exception {
    site = new Site();
  }

  @AfterAll
  static void stop() throws Exception {
    site.close();
  }

  private static Map<String, Object> wish(String name) {
    return new HashMap<>(
        map(
            "name",
            name,
            "plan",
            "pro",
            "region",
            Installed.REGION,
            "tier",
            Installed.TIER,
            "isolation",
            "schema",
            "changelog",
            Changelogs.APP));
  }

  private static List<Rest.Said> together(List<Callable<Rest.Said>> calls) throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Rest.Said> said = new ArrayList<>();
      for (Future<Rest.Said> answer : threads.invokeAll(calls)) {
        said.add(answer.get());
      }
      return said;
    }
  }

  @Test
  void ofTwoOnboardingsAtOnceOneCounts() throws Exception {
    String id = Site.fresh();
    List<Callable<Rest.Said>> calls = new ArrayList<>();
    for (int i = 0; i < AT_ONCE; i++) {
      String name = "Name " + i % 2;
      calls.add(() -> site.rest().send("PUT", "/v1/tenants/" + id, wish(name)));
    }
    List<Rest.Said> said = together(calls);
    JsonNode live = site.rest().await("/v1/tenants/" + id, "Live");
    String won = live.path("profile").path("name").asText();
    for (int i = 0; i < AT_ONCE; i++) {
      Rest.Said answer = said.get(i);
      if (won.equals("Name " + i % 2)) {
        assertThat(answer.status()).as("%s", answer).isEqualTo(202);
      } else {
        assertThat(answer.status()).as("%s", answer).isEqualTo(409);
        assertThat(answer.body().path("type").asText()).endsWith(":tenant-exists");
        requireWhole(answer.body());
      }
    }
    assertThat(
            site.rest()
                .get("/v1/tenants/" + id + "/history")
                .path("events")
                .findValuesAsText("name"))
        .filteredOn(event -> event.contains("onboarding-started"))
        .hasSize(1);
    assertThat(
            Installed.rows(
                site.store(Installed.SHARED),
                "select version from copyhold.ledger where home = ? order by position",
                "schema/" + id))
        .containsExactly("1", "2", "3", "4");
  }

  @Test
  void aStoreThatIsAwayIsWaitedForAndTheOperationSaysSo() throws Exception {
    String id = Site.fresh();
    String operation = "/v1/operations/tenant/" + id + "/provision/1";
    site.cutStore();
    try {
      site.rest().change("PUT", "/v1/tenants/" + id, wish("Patient"));
      Rest.until(
          "it retries",
          () ->
              site.rest()
                  .get(operation + "/explain")
                  .path("reasons")
                  .path(0)
                  .path("text")
                  .asText()
                  .contains("failure"));
      JsonNode state = site.rest().state(operation);
      JsonNode why = state.path("waiting").path("why");
      assertThat(state.path("summary").path("state").asText()).isEqualTo("retrying");
      assertThat(why.path("code").asText()).isEqualTo("store-unreachable");
      assertThat(why.path("what").asText()).isNotEmpty();
      assertThat(why.path("where").asText()).contains(Installed.STORE);
      assertThat(why.path("todo").asText()).isNotEmpty();
      assertThat(site.rest().state("/v1/tenants/" + id).path("kind").asText())
          .isEqualTo("Provisioning");
    } finally {
      site.mendStore();
    }
    site.rest().await("/v1/tenants/" + id, "Live");
  }

  @Test
  void aRoleWithoutRightsMakesAStoreUnusableAndSaysWhatIsMissing() throws Exception {
    String id = Site.fresh();
    Installed.run(
        site.store("postgres"), "create role weak_" + id + " login password 'a-weak-one'");
    Map<String, Object> registration = new HashMap<>(site.registration(id));
    registration.put("adminUser", "weak_" + id);
    registration.put("adminPassword", "a-weak-one");
    site.rest().change("PUT", "/v1/stores/" + id, registration);
    Rest.until(
        "the check ends",
        () ->
            site.rest()
                .state("/v1/stores/" + id)
                .path("health")
                .path("kind")
                .asText()
                .equals("Unusable"));
    JsonNode problem = site.rest().state("/v1/stores/" + id).path("health").path("problem");
    assertThat(problem.path("code").asText()).isEqualTo("missing-createrole");
    assertThat(problem.path("what").asText()).isNotEmpty();
    assertThat(problem.path("todo").asText()).containsIgnoringCase("create");
    Map<String, Object> there = wish("Nobody");
    there.put("store", id);
    String tenant = Site.fresh();
    site.rest().change("PUT", "/v1/tenants/" + tenant, there);
    JsonNode failed = site.rest().await("/v1/tenants/" + tenant, "ProvisioningFailed");
    assertThat(failed.path("problem").path("code").asText()).isEqualTo("store-unusable");
    assertThat(failed.path("problem").path("todo").asText()).isNotEmpty();
  }

  @Test
  void aStoreWithoutRoomRefusesTheNextTenantAndLeavesNothing() throws Exception {
    String id = Site.fresh();
    Map<String, Object> registration = new HashMap<>(site.registration(id));
    registration.put("capacity", map("homesMax", 1, "connectionsMax", 4, "workMax", 2));
    site.rest().change("PUT", "/v1/stores/" + id, registration);
    site.awaitReady(id);
    String first = Site.fresh();
    String second = Site.fresh();
    Map<String, Object> there = wish("Guest");
    there.put("store", id);
    site.rest().change("PUT", "/v1/tenants/" + first, there);
    site.rest().await("/v1/tenants/" + first, "Live");
    List<String> before = Footprint.databases(site, second);
    site.rest().change("PUT", "/v1/tenants/" + second, there);
    JsonNode problem =
        site.rest().await("/v1/tenants/" + second, "ProvisioningFailed").path("problem");
    assertThat(problem.path("code").asText()).isEqualTo("store-full");
    assertThat(problem.path("where").asText()).contains(id);
    assertThat(problem.path("todo").asText()).isNotEmpty();
    assertThat(Footprint.databases(site, second)).isEqualTo(before);
  }

  /** A server at its limit of connections is short, not broken: it is waited for. */
  @Test
  void aServerWithoutConnectionsIsWaitedFor() throws Exception {
    String id = Site.fresh();
    Database superuser = site.store("postgres");
    Installed.run(superuser, "alter role " + site.role() + " connection limit 0");
    try {
      Installed.rows(
          superuser,
          "select pg_terminate_backend(pid)::text from pg_stat_activity where usename = ?",
          site.role());
      site.rest().change("PUT", "/v1/tenants/" + id, wish("Patient"));
      Rest.until(
          "it retries",
          () ->
              site.rest()
                  .state("/v1/operations/tenant/" + id + "/provision/1")
                  .path("waiting")
                  .path("why")
                  .path("code")
                  .asText()
                  .equals("store-connections"));
    } finally {
      Installed.run(superuser, "alter role " + site.role() + " connection limit -1");
    }
    site.rest().await("/v1/tenants/" + id, "Live");
  }

  /** The server says what it says when its disk is full; once there is space, work goes on. */
  @Test
  void aStoreThatFillsUpIsWaitedForAndTheOperationSaysSo() throws Exception {
    String id = Site.fresh();
    String operation = "/v1/operations/tenant/" + id + "/provision/1";
    Database superuser = site.store(Installed.SHARED);
    Installed.run(
        superuser,
        """
        create function public.full_disk() returns event_trigger language plpgsql as $$
        begin
          raise exception using errcode = 'disk_full',
            message = 'could not extend file: No space left on device';
        end $$;
        create event trigger full_disk on ddl_command_end when tag in ('CREATE TABLE')
          execute function public.full_disk();
        """);
    try {
      site.rest().change("PUT", "/v1/tenants/" + id, wish("Patient"));
      Rest.until(
          "it waits for space", // and before that, perhaps, until the store is listed
          () ->
              site.rest()
                  .state(operation)
                  .path("waiting")
                  .path("why")
                  .path("code")
                  .asText()
                  .equals("store-full"));
      JsonNode why = site.rest().state(operation).path("waiting").path("why");
      assertThat(why.path("what").asText()).contains("No space left on device");
      assertThat(why.path("where").asText()).isNotEmpty();
      assertThat(why.path("todo").asText()).contains("space");
      assertThat(site.rest().state(operation).path("undoing").asBoolean()).isFalse();
    } finally {
      Installed.run(superuser, "drop event trigger full_disk; drop function public.full_disk()");
    }
    site.rest().await("/v1/tenants/" + id, "Live");
  }

  @Test
  void aFileThatFailsIsNamedWithItsReason() throws Exception {
    String id = Site.fresh();
    Story.failing("schema").begin().on(site, id);
    JsonNode problem = site.rest().await("/v1/tenants/" + id, "ProvisioningFailed").path("problem");
    assertThat(problem.path("code").asText()).isEqualTo("script-failed");
    assertThat(problem.path("what").asText() + problem.path("where").asText())
        .contains("V2__half.sql", "no_such_function");
    assertThat(problem.path("todo").asText()).isNotEmpty();
  }

  private static void requireWhole(JsonNode problem) {
    for (String field : List.of("type", "title", "detail", "where", "todo")) {
      assertThat(problem.path(field).asText()).as(field).isNotEmpty();
    }
  }
}
