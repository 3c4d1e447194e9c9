package io.copyhold.chaos.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.chaos.installation.Api;
import io.copyhold.chaos.installation.Installation;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.journal.Shard;
import io.copyhold.runtime.postgres.PostgresFixture;
import io.copyhold.tenants.tenant.TenantType;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Faults on links, one after the other, on a cluster of three real nodes behind relays. Each has a
 * probe that feels it, so that a fault that does nothing is noticed, and one that counts what was
 * acknowledged.
 */
@Tag("heavy")
@Timeout(1_800)
class ThreeNodeExperimentsTest {
  private static final Path DATA = PostgresFixture.newDirectory().resolve("data");

  /** As in copyhold-pekko.conf. */
  private static final int SHARDS = 30;

  /** It passed, nothing was lost, and the probe {@code feels} had an outage of at least so long. */
  private static void felt(Lab lab, String id, String fault, long ms) throws Exception {
    JsonNode report = passed(lab, id, fault);
    assertThat(longest(report)).as("%s", report).isGreaterThanOrEqualTo(ms);
  }

  private static JsonNode passed(Lab lab, String id, String fault) throws Exception {
    JsonNode report = lab.report(id).path("report");
    assertThat(report.path("verdict").asText()).as("%s", report).isEqualTo("PASSED");
    assertThat(report.path("rpoLost").asLong(-1)).as("%s", report).isZero();
    assertThat(report.path("acknowledged").asLong()).as("%s", report).isPositive();
    assertThat(report.path("timeline").toString()).contains("injected " + fault, "over " + fault);
    return report;
  }

  /** The longest outage of the probe {@code feels}, in milliseconds. */
  private static long longest(JsonNode report) {
    long longest = 0;
    for (JsonNode probe : report.path("probes")) {
      if (probe.path("probe").asText().equals("feels")) {
        for (JsonNode outage : probe.path("outages")) {
          longest = Math.max(longest, outage.path("ms").asLong());
        }
      }
    }
    return longest;
  }

  /** A plan of one fault, a probe that feels it, and the probe of writes. */
  private static String plan(String feels, String radius, String fault, int seconds) {
    return """
    {'purpose': 'It is felt, it passes, and nothing is lost.',
     'hypothesis': [{%s, 'name': 'feels', 'outageMsMax': 300000},
       {'kind': 'write', 'name': 'writes', 'outageMsMax': 300000, 'latencyMsMax': 20000}],
     'radius': {%s, 'tenantsMax': 100},
     'faults': [{%s, 'forSeconds': %d}],
     'durationSeconds': %d, 'steadySeconds': 2, 'recoverSeconds': 300, 'leaseSeconds': 600}
    """
        .formatted(feels, radius, fault, seconds, seconds + 1);
  }

  private static String read(String node, String tenant, int latencyMsMax) {
    return "'kind': 'http', 'node': '%s', 'path': '/v1/tenants/%s', 'latencyMsMax': %d"
        .formatted(node, tenant, latencyMsMax);
  }

  /** One of these entities that lives on a node now. */
  private static String on(Api api, String node, List<EntityRef> entities)
      throws InterruptedException {
    for (EntityRef entity : entities) {
      if (owner(api, entity).equals(node)) {
        return entity.id();
      }
    }
    throw new AssertionError("none of them lives on " + node);
  }

  /** The node on which an entity lives now; empty when it lives nowhere. */
  private static String owner(Api api, EntityRef entity) throws InterruptedException {
    String number = Integer.toString(Shard.of(entity, SHARDS).number());
    for (JsonNode shard : api.get("/v1/shards?type=" + entity.type()).path("items")) {
      if (shard.path("shard").asText().equals(number)) {
        return shard.path("node").asText();
      }
    }
    return "";
  }

  @Test
  void eachFaultIsFeltPassesAndLosesNothing() throws Exception {
    try (Installation here =
            Installation.start(DATA, 3, Map.of("copyhold.supervisor.relays", true));
        Api api = here.open()) {
      Lab lab = new Lab(api, DATA);
      List<String> tenants = IntStream.range(0, 12).mapToObj(i -> "acme-" + i).toList();
      lab.furnish(tenants);
      List<EntityRef> entities = tenants.stream().map(TenantType::ref).toList();
      lab.until(() -> up(api) == 3);

      lab.run(
          "pause-node",
          plan(
              "'kind': 'http', 'node': 'node-2', 'path': '/health/live', 'latencyMsMax': 800",
              "'nodes': ['node-2']",
              "'kind': 'pause-node', 'node': 'node-2'",
              4));
      felt(lab, "pause-node", "PauseNode", 2_000);

      lab.until(() -> up(api) == 3);
      String there = on(api, "node-3", entities);
      lab.run(
          "cut-link",
          plan(
              read("node-1", there, 1_500),
              "'nodes': ['node-1', 'node-3']",
              "'kind': 'cut-link', 'from': 'node-1', 'to': 'node-3', 'oneWay': false",
              6));
      felt(lab, "cut-link", "CutLink", 3_000);

      lab.until(() -> up(api) == 3);
      there = on(api, "node-3", entities);
      lab.run(
          "slow-link",
          plan(
              read("node-1", there, 1_000),
              "'nodes': ['node-1', 'node-3']",
              "'kind': 'slow-link', 'from': 'node-1', 'to': 'node-3', 'delayMs': 700,"
                  + " 'jitterMs': 10, 'lossPercent': 0",
              6));
      felt(lab, "slow-link", "SlowLink", 2_000);

      lab.run(
          "slow-store",
          plan(
              "'kind': 'tenant-sql', 'tenant': 'acme-1', 'latencyMsMax': 1000",
              "'stores': ['store-a']",
              "'kind': 'slow-store', 'store': 'store-a', 'delayMs': 700, 'jitterMs': 10,"
                  + " 'lossPercent': 0",
              6));
      felt(lab, "slow-store", "SlowStore", 2_000);

      aNodeThatIsCutOffFromAStoreWaitsAndNobodyElseDoes(lab);

      lab.run(
          "journal-away",
          plan(
              "'kind': 'http', 'path': '/health/ready', 'latencyMsMax': 5000",
              "'journal': true",
              "'kind': 'journal-away', 'silent': false",
              4));
      felt(lab, "journal-away", "JournalAway", 1_000);
      lab.until(() -> up(api) == 3);
    }
  }

  /** The check of the store ends only after the cut; an application in that store feels nothing. */
  private static void aNodeThatIsCutOffFromAStoreWaitsAndNobodyElseDoes(Lab lab) throws Exception {
    Api api = lab.api();
    String owner = owner(api, new EntityRef("store", "store-a"));
    assertThat(owner).startsWith("node-");
    lab.run(
        "cut-store",
        plan(
            "'kind': 'tenant-sql', 'tenant': 'acme-1', 'latencyMsMax': 12000",
            "'nodes': ['%s'], 'stores': ['store-a']".formatted(owner),
            "'kind': 'cut-link', 'from': '%s', 'to': 'store-a', 'oneWay': false".formatted(owner),
            15));
    lab.until(() -> lab.fault("cut-store_1_0").path("injected").isTextual());
    api.change("POST", "/v1/stores/store-a/check", null, "check-through-cut");
    JsonNode report = passed(lab, "cut-store", "CutLink");
    assertThat(longest(report)).as("%s", report).isZero();
    Instant lifted = Instant.parse(report.path("faults").path(0).path("lifted").asText());
    lab.until(() -> checked(api).isAfter(lifted));
  }

  /** When the newest check of the store ended. */
  private static Instant checked(Api api) throws InterruptedException {
    Instant newest = Instant.EPOCH;
    for (JsonNode event : api.get("/v1/stores/store-a/history?limit=1000").path("events")) {
      if (event.path("name").asText().equals("checked")) {
        newest = Instant.parse(event.path("at").asText());
      }
    }
    return newest;
  }

  private static int up(Api api) throws InterruptedException {
    int up = 0;
    for (JsonNode node : api.get("/v1/nodes").path("items")) {
      up += node.path("state").asText().equals("up") ? 1 : 0;
    }
    return up;
  }
}
