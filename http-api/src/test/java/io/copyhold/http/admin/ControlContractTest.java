package io.copyhold.http.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.http.auth.Permission;
import io.copyhold.http.auth.Permissions;
import io.copyhold.http.auth.Role;
import io.copyhold.http.contract.Contract;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The part of the contract that tells of the control plane's own safety. */
class ControlContractTest {
  private final JsonNode page = Contract.load().with(List.of(ControlRoutes.page())).json();

  @Test
  void everyRouteHasAPermissionAndAnEntry() {
    Set<String> entries = new TreeSet<>();
    for (Map.Entry<String, JsonNode> path : page.path("paths").properties()) {
      if (path.getKey().matches("/v1/(control.*|diverged|.*/reconcile)")) {
        path.getValue()
            .fieldNames()
            .forEachRemaining(method -> {
              if (!method.equals("parameters")) {
                entries.add(method.toUpperCase(Locale.ROOT) + " " + path.getKey());
              }
            });
      }
    }
    assertThat(entries).hasSize(7).isEqualTo(new TreeSet<>(ControlRoutes.asked().keySet()));
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
  void onlyAnOperatorReconciles() {
    for (Role role : Role.values()) {
      assertThat(Permissions.granted(role).contains(Permission.HOME_RECONCILE))
          .as(role.word())
          .isEqualTo(role == Role.OPERATOR);
    }
  }
}
