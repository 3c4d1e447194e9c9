package io.copyhold.chaos.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.copyhold.chaos.fault.Fault;
import io.copyhold.chaos.fault.Probe;
import io.copyhold.config.node.NodeSettings;
import io.copyhold.http.auth.Permission;
import io.copyhold.http.auth.Permissions;
import io.copyhold.http.auth.Role;
import io.copyhold.http.contract.Contract;
import io.copyhold.http.node.NodeExtension;
import io.copyhold.http.node.Wiring;
import io.copyhold.runtime.RuntimeConfig;
import io.copyhold.runtime.entity.EntityType;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What the module adds to a node, without one. */
class ExperimentContractTest {
  private static final Config CONFIG =
      RuntimeConfig.of(ConfigFactory.parseString("copyhold.journal.host = 127.0.0.1"));

  private final NodeExtension.Part part =
      NodeExtension.all().getFirst().open(CONFIG, NodeSettings.from(CONFIG));
  private final JsonNode page = Contract.load().with(List.of(part.contract())).json();

  @Test
  void everyRouteOfThePartHasAPermissionAndAnEntry() {
    Set<String> entries = new TreeSet<>();
    for (Map.Entry<String, JsonNode> path : page.path("paths").properties()) {
      if (path.getKey().matches("/v1/(experiments|beacons).*")) {
        path.getValue()
            .fieldNames()
            .forEachRemaining(method -> {
              if (!method.equals("parameters")) {
                entries.add(method.toUpperCase(java.util.Locale.ROOT) + " " + path.getKey());
              }
            });
      }
    }
    assertThat(entries).hasSize(15).isEqualTo(new TreeSet<>(part.permissions().keySet()));
  }

  @Test
  void everyReferenceLeadsSomewhere() {
    for (JsonNode reference : page.findValues("$ref")) {
      assertThat(page.at(reference.asText().substring(1)).isMissingNode())
          .as(reference.asText())
          .isFalse();
    }
  }

  @Test
  void everyKindIsOnThePage() {
    assertThat(kinds("Fault")).isEqualTo(words(Fault.class));
    assertThat(kinds("Probe")).isEqualTo(words(Probe.class));
  }

  private Set<String> kinds(String schema) {
    Set<String> kinds = new TreeSet<>();
    page.at("/components/schemas/" + schema + "/properties/kind/enum")
        .forEach(kind -> kinds.add(kind.asText()));
    return kinds;
  }

  private static Set<String> words(Class<?> sealed) {
    Set<String> words = new TreeSet<>();
    Arrays.stream(sealed.getPermittedSubclasses())
        .forEach(type -> words.add(Kinded.word(type.getSimpleName())));
    return words;
  }

  @Test
  void onlyAnOperatorRunsExperiments() {
    for (Role role : Role.values()) {
      assertThat(Permissions.granted(role).contains(Permission.EXPERIMENT_RUN))
          .as(role.word())
          .isEqualTo(role == Role.OPERATOR);
    }
  }

  @Test
  void itsEntitiesAreHostedByEveryNode() {
    assertThat(Wiring.sharded())
        .extracting(EntityType::name)
        .contains(Experiment.TYPE.name(), Beacon.TYPE.name());
  }
}
