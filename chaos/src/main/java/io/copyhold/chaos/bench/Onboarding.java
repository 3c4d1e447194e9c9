package io.copyhold.chaos.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.chaos.installation.Api;
import io.copyhold.chaos.installation.Installation;
import io.copyhold.chaos.workload.Invoicing;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.journal.Mappers;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** What an operator's script does over HTTP: stores, changelog, pools, tenants. */
@PortAdapter
final class Onboarding {
  private static final Duration READY_LIMIT = Duration.ofMinutes(2);
  private static final Duration LOOK = Duration.ofMillis(50);
  private static final List<String> PLANS = List.of("free", "team", "pro", "enterprise");

  /** Names are made of these, so that a search finds some and not all. */
  private static final List<String> TOWNS =
      List.of("Arles", "Bruges", "Cadiz", "Delft", "Evora", "Fano", "Ghent", "Hvar", "Ischia");

  private static final List<String> TRADES =
      List.of("Bakery", "Foundry", "Harbour", "Library", "Observatory", "Printworks", "Tannery");

  private final Installation installation;
  private final Api api;

  Onboarding(Installation installation, Api api) {
    this.installation = installation;
    this.api = api;
  }

  /** Publishes the sample's changelog and makes a pool in each store, each big enough for all. */
  void prepare(int members) throws InterruptedException {
    for (String store : Installation.STORES) {
      await("/v1/stores/" + store, "ready");
    }
    ObjectNode body = Mappers.JSON.createObjectNode().put("poolable", true);
    ArrayNode scripts = body.putArray("scripts");
    for (Invoicing.Version version : Invoicing.versions()) {
      scripts.addObject().put("file", version.file()).put("content", version.sql());
    }
    api.change(
        "POST", "/v1/changelogs/" + Invoicing.CHANGELOG + "/versions", body, "bench-publish");
    for (String store : Installation.STORES) {
      ObjectNode pool =
          Mappers.JSON
              .createObjectNode()
              .put("store", store)
              .put("changelog", Invoicing.CHANGELOG)
              .put("membersMax", members);
      api.change("PUT", "/v1/pools/pool-" + store, pool, "bench-pool-" + store);
    }
    for (String store : Installation.STORES) {
      await("/v1/pools/pool-" + store, "open");
    }
  }

  private void await(String path, String wanted) throws InterruptedException {
    long end = System.nanoTime() + READY_LIMIT.toNanos();
    String state = api.state(path);
    while (!state.equals(wanted)) {
      if (System.nanoTime() - end > 0) {
        throw new ProblemException(
            "took-too-long",
            path + " is " + state + " and not " + wanted + ".",
            "See " + installation.logs() + ".");
      }
      Thread.sleep(LOOK);
      state = api.state(path);
    }
  }

  /** Asks for one tenant; the answer says that it is under way. */
  void ask(String tenant, String isolation, int index) throws InterruptedException {
    ObjectNode body =
        Mappers.JSON
            .createObjectNode()
            .put("name", name(index))
            .put("plan", PLANS.get(index % PLANS.size()))
            .put("region", "local")
            .put("tier", "standard")
            .put("isolation", isolation)
            .put("changelog", Invoicing.CHANGELOG);
    body.putArray("tags").add("bench");
    api.change("PUT", "/v1/tenants/" + tenant, body, "bench-" + tenant);
  }

  static String name(int index) {
    return String.format(
        Locale.ROOT,
        "%s %s %05d",
        TOWNS.get(index % TOWNS.size()),
        TRADES.get(index / TOWNS.size() % TRADES.size()),
        index);
  }
}
