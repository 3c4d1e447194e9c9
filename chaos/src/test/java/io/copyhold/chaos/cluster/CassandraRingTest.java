package io.copyhold.chaos.cluster;

import static io.copyhold.chaos.cluster.ThreeNodes.until;
import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.chaos.installation.Api;
import io.copyhold.chaos.installation.Installation;
import io.copyhold.config.node.ChildState;
import io.copyhold.runtime.cassandra.CassandraFixture;
import io.copyhold.runtime.cassandra.CassandraSettings;
import io.copyhold.runtime.cassandra.EmbeddedCassandra;
import io.copyhold.runtime.postgres.PostgresFixture;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A ring of three Cassandra nodes, of which one is lost while tenants are onboarded. */
@Tag("heavy") // five JVMs and two minutes on a quiet machine
class CassandraRingTest {
  private static final int TENANTS = 12;

  @Test
  void onboardingGoesOnWhenOneOfThreeCassandraNodesIsKilled() throws Exception {
    List<EmbeddedCassandra> ring = CassandraFixture.ring();
    Map<String, Object> settings =
        new HashMap<>(
            CassandraSettings.keys(
                ring.stream().map(EmbeddedCassandra::address).toList(), "copyhold", 3));
    settings.put("copyhold.journal.kind", "cassandra");
    settings.put("copyhold.cassandra.request-limit", "8s"); // of a machine that runs other tests
    settings.put("copyhold.supervisor.stores", List.of("store-a"));
    settings.put("copyhold.supervisor.host", PostgresFixture.loopback());
    try (Installation installation = Installation.start(PostgresFixture.newDirectory(), settings);
        Api api = installation.open()) {
      until("the store is ready", () -> api.state("/v1/stores/store-a").equals("ready"));
      CassandraUpTest.publish(api);
      ChildState node = installation.node();
      List<String> tenants = new ArrayList<>();
      for (int i = 0; i < TENANTS; i++) {
        if (i == TENANTS / 2) {
          ring.get(1).kill();
        }
        tenants.add(CassandraUpTest.onboard(api, "t" + i));
      }
      for (String tenant : tenants) {
        until(tenant + " is active", () -> api.state("/v1/tenants/" + tenant).equals("active"));
      }
      assertThat(installation.node().pid()).as("the node never ended").isEqualTo(node.pid());
    }
  }
}
