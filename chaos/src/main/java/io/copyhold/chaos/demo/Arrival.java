package io.copyhold.chaos.demo;

import static io.copyhold.chaos.demo.Waiting.await;
import static io.copyhold.chaos.demo.Waiting.now;
import static io.copyhold.chaos.demo.Waiting.refuse;
import static io.copyhold.chaos.demo.Waiting.seconds;
import static io.copyhold.chaos.demo.Waiting.since;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.chaos.demo.DemoPlan.Guest;
import io.copyhold.chaos.demo.DemoResult.Loaded;
import io.copyhold.chaos.demo.DemoResult.Onboarded;
import io.copyhold.chaos.installation.Api;
import io.copyhold.chaos.installation.Installation;
import io.copyhold.chaos.installation.Together;
import io.copyhold.chaos.workload.Invoicing;
import io.copyhold.chaos.workload.Invoicing.Totals;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.journal.Mappers;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** The first chapters: stores, changelog, pools, tenants, and their rows. */
final class Arrival {
  private static final String REGION = "local";
  private static final String TIER = "standard";

  /** Requests of one kind at the same time. */
  private static final int AT_ONCE = 8;

  private static final int LOADERS = 4;

  private final Api api;
  private final DemoPlan plan;
  private final Voice voice;

  Arrival(Api api, DemoPlan plan, Voice voice) {
    this.api = api;
    this.plan = plan;
    this.voice = voice;
  }

  /** Waits until both stores have been checked. */
  void awaitStores() throws InterruptedException {
    for (String store : Installation.STORES) {
      await(
          "store " + store,
          () -> {
            String state = api.state("/v1/stores/" + store);
            refuse(state.equals("unusable"), "Store " + store + " is unusable.");
            return state.equals("ready");
          });
    }
  }

  /** Publishes versions of the sample, both included. */
  void publish(int from, int to) throws InterruptedException {
    ObjectNode body = Mappers.JSON.createObjectNode().put("poolable", true);
    ArrayNode scripts = body.putArray("scripts");
    List<String> files = new ArrayList<>();
    for (Invoicing.Version version : Invoicing.versions().subList(from - 1, to)) {
      scripts.addObject().put("file", version.file()).put("content", version.sql());
      files.add(version.file());
    }
    api.change(
        "POST", "/v1/changelogs/" + Invoicing.CHANGELOG + "/versions", body, "demo-publish-" + to);
    voice.say("changelog " + Invoicing.CHANGELOG + ": " + String.join(", ", files));
  }

  void createPools() throws InterruptedException {
    for (String store : Installation.STORES) {
      String pool = pool(store);
      ObjectNode body =
          Mappers.JSON
              .createObjectNode()
              .put("store", store)
              .put("changelog", Invoicing.CHANGELOG)
              .put("membersMax", plan.tenants());
      api.change("PUT", "/v1/pools/" + pool, body, "demo-" + pool);
    }
    for (String store : Installation.STORES) {
      String pool = pool(store);
      await(
          "pool " + pool,
          () -> {
            String state = api.state("/v1/pools/" + pool);
            refuse(state.equals("create-failed"), "Pool " + pool + " could not be made.");
            return state.equals("open");
          });
    }
    voice.say("a pool of shared tables in each store, behind row-level security");
  }

  private static String pool(String store) {
    return "pool-" + store.substring(store.indexOf('-') + 1);
  }

  /** By store. */
  static Map<String, String> pools() {
    Map<String, String> pools = new TreeMap<>();
    Installation.STORES.forEach(store -> pools.put(store, pool(store)));
    return pools;
  }

  /** Asks for all tenants, a few at a time, and waits until the last one is active. */
  Onboarded onboard() throws Exception {
    long begin = now();
    Together.each(plan.guests(), AT_ONCE, this::onboard);
    await(
        "the last tenant",
        () -> {
          JsonNode states = api.get("/v1/tenants?limit=1&facet=state").path("facets").path("state");
          long active = states.path("active").asLong();
          if (states.path("provisioning-failed").asLong() > 0) {
            throw notProvisioned();
          }
          voice.progress("%d of %d tenants active".formatted(active, plan.tenants()));
          return active == plan.tenants();
        });
    Duration took = since(begin);
    voice.say(
        "%d tenants active after %s: %.1f per second"
            .formatted(plan.tenants(), seconds(took), plan.tenants() / (took.toMillis() / 1e3)));
    return new Onboarded(plan.tenants(), took);
  }

  private ProblemException notProvisioned() throws InterruptedException {
    String tenant =
        api.get("/v1/tenants?limit=1&filter=state:provisioning-failed")
            .path("items")
            .path(0)
            .path("id")
            .asText();
    JsonNode problem = api.get("/v1/tenants/" + tenant).path("state").path("problem");
    return new ProblemException(
        "not-provisioned",
        "Tenant "
            + tenant
            + " could not be provisioned: "
            + problem.path("what").asText()
            + " ("
            + problem.path("where").asText()
            + ")",
        problem.path("todo").asText());
  }

  private JsonNode onboard(Guest guest) throws InterruptedException {
    ObjectNode body =
        Mappers.JSON
            .createObjectNode()
            .put("name", guest.name())
            .put("plan", "pro")
            .put("region", REGION)
            .put("tier", TIER)
            .put("isolation", guest.strategy())
            .put("changelog", Invoicing.CHANGELOG);
    body.putArray("tags").add("demo");
    return api.change("PUT", "/v1/tenants/" + guest.id(), body, "demo-onboard-" + guest.id());
  }

  /** How the tenants' applications connect. */
  List<Login> logins() throws Exception {
    return Together.each(
        plan.guests(),
        AT_ONCE,
        guest ->
            Login.of(
                api.summary("/v1/tenants?limit=1&filter=id:" + guest.id()),
                api.get("/v1/tenants/" + guest.id() + "/connection")));
  }

  /** The expectation is made of the seed alone, and what was loaded is read back at once. */
  Loaded load(List<Login> logins, Map<String, Totals> expected) throws Exception {
    Map<String, Long> seeds = new LinkedHashMap<>();
    plan.guests().forEach(guest -> seeds.put(guest.id(), guest.seed()));
    for (Login login : logins) {
      expected.put(
          login.tenant(), Invoicing.expected(seeds.getOrDefault(login.tenant(), 0L), plan.size()));
    }
    long begin = now();
    List<Totals> loaded =
        Together.each(
            logins,
            LOADERS,
            login -> {
              try (Connection c = login.connect()) {
                return Invoicing.load(c, seeds.getOrDefault(login.tenant(), 0L), plan.size());
              }
            });
    Duration took = since(begin);
    Totals sum = loaded.stream().reduce(Totals.none(), Totals::plus);
    voice.say(
        "%,d rows in %s: %,d invoices over %s, %s of them paid"
            .formatted(
                sum.rows(),
                seconds(took),
                sum.invoices(),
                money(sum.billedCents()),
                money(sum.paidCents())));
    return new Loaded(sum, took);
  }

  private static String money(long cents) {
    return String.format(Locale.ROOT, "%,d.%02d", cents / 100, cents % 100);
  }
}
