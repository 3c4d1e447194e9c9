package io.copyhold.chaos.run;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.chaos.installation.Api;
import io.copyhold.chaos.installation.Installation;
import io.copyhold.chaos.installation.Together;
import io.copyhold.chaos.workload.Invoicing;
import io.copyhold.chaos.workload.Leases;
import io.copyhold.chaos.workload.Lifecycles;
import io.copyhold.chaos.workload.Lists;
import io.copyhold.chaos.workload.Login;
import io.copyhold.chaos.workload.Payments;
import io.copyhold.chaos.workload.Registers;
import io.copyhold.chaos.workload.Rollouts;
import io.copyhold.chaos.workload.Workload;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.journal.Mappers;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Who is on the stage before anything goes wrong: a changelog, two pools, tenants that stay; and
 * the workloads that use them.
 */
@PortAdapter
final class Cast {
  private static final int AT_ONCE = 4;
  private static final Duration LIMIT = Duration.ofMinutes(5);
  private static final Duration LOOK = Duration.ofMillis(100);
  private static final String WIDE = "wide";
  private static final String TIGHT = "tight";

  /** Fewer places than there are tenants that want one. */
  private static final int TIGHT_PLACES = 3;

  private static final int WIDE_PLACES = 100;

  private static final List<String> REGISTERS = List.of("reg-1", "reg-2");
  private static final List<String> LISTS = List.of("list-1", "list-2");
  private static final List<String> CLAIMS = List.of("claim-1", "claim-2");
  private static final List<String> LIVES =
      List.of("life-1", "life-2", "life-3", "life-4", "life-5", "life-6");
  private static final List<String> SEATS =
      List.of("seat-1", "seat-2", "seat-3", "seat-4", "seat-5");

  /** A database, a schema, and rows in a pool. */
  static final List<String> PAID = List.of("pay-database", "pay-schema", "pay-pool");

  private final Api api;

  Cast(Api api) {
    this.api = api;
  }

  /** A workload and how many clients do it at the same time. */
  record Part(Workload workload, int clients) {}

  /** The tenants that are there from the beginning to the end. */
  static List<String> staying() {
    List<String> all = new ArrayList<>(REGISTERS);
    all.addAll(LISTS);
    all.addAll(CLAIMS);
    all.addAll(PAID);
    return all;
  }

  void enter() throws Exception {
    for (String store : Installation.STORES) {
      await("store " + store, () -> api.state("/v1/stores/" + store).equals("ready"));
    }
    publish(1, 3);
    pool(WIDE, Installation.STORES.getFirst(), WIDE_PLACES);
    pool(TIGHT, Installation.STORES.getLast(), TIGHT_PLACES);
    for (String pool : List.of(WIDE, TIGHT)) {
      await("pool " + pool, () -> api.state("/v1/pools/" + pool).equals("open"));
    }
    Together.each(staying(), AT_ONCE, this::onboard);
    for (String tenant : staying()) {
      await("tenant " + tenant, () -> api.state("/v1/tenants/" + tenant).equals("active"));
    }
    for (String tenant : PAID) {
      try (Connection c =
          Login.of(api.get("/v1/tenants/" + tenant + "/connection")).connect("chaos")) {
        Invoicing.load(c, tenant.hashCode(), Invoicing.Size.SMALL);
      }
    }
    publish(4, 5);
  }

  /** What is done once all are there. */
  List<Part> parts(Payments payments) {
    return List.of(
        new Part(new Registers(REGISTERS), 3),
        new Part(new Lists(LISTS), 2),
        new Part(new Leases(CLAIMS), 2),
        new Part(new Lifecycles("lifecycle", LIVES, Cast::anyHome), 2),
        new Part(new Lifecycles("quota", SEATS, _ -> wish("pool").put("pool", TIGHT)), 2),
        new Part(payments, 1),
        new Part(new Rollouts(List.of("4", "5")), 1));
  }

  private static ObjectNode anyHome(RandomGenerator random) {
    return switch (random.nextInt(4)) {
      case 0 -> wish("database");
      case 1 -> wish("pool").put("pool", WIDE);
      default -> wish("schema");
    };
  }

  private static ObjectNode wish(String isolation) {
    return Mappers.JSON
        .createObjectNode()
        .put("plan", "pro")
        .put("region", "local")
        .put("tier", "standard")
        .put("isolation", isolation)
        .put("changelog", Invoicing.CHANGELOG);
  }

  private Object onboard(String tenant) throws InterruptedException {
    String isolation = tenant.startsWith("pay-") ? tenant.substring("pay-".length()) : "schema";
    ObjectNode body = wish(isolation).put("name", "Chaos " + tenant);
    if (isolation.equals("pool")) {
      body.put("pool", WIDE);
    }
    return api.change("PUT", "/v1/tenants/" + tenant, body, "chaos-onboard-" + tenant);
  }

  private void pool(String pool, String store, int places) throws InterruptedException {
    ObjectNode body =
        Mappers.JSON
            .createObjectNode()
            .put("store", store)
            .put("changelog", Invoicing.CHANGELOG)
            .put("membersMax", places);
    api.change("PUT", "/v1/pools/" + pool, body, "chaos-pool-" + pool);
  }

  private void publish(int from, int to) throws InterruptedException {
    ObjectNode body = Mappers.JSON.createObjectNode().put("poolable", true);
    ArrayNode scripts = body.putArray("scripts");
    for (Invoicing.Version version : Invoicing.versions().subList(from - 1, to)) {
      scripts.addObject().put("file", version.file()).put("content", version.sql());
    }
    api.change(
        "POST", "/v1/changelogs/" + Invoicing.CHANGELOG + "/versions", body, "chaos-publish-" + to);
  }

  private interface Condition {
    boolean holds() throws InterruptedException;
  }

  private static void await(String what, Condition condition) throws InterruptedException {
    long end = System.nanoTime() + LIMIT.toNanos();
    while (!condition.holds()) {
      if (System.nanoTime() - end > 0) {
        throw new ProblemException(
            "took-too-long",
            "Waited " + LIMIT.toMinutes() + " minutes for " + what + ".",
            "Read the logs.");
      }
      Thread.sleep(LOOK);
    }
  }
}
