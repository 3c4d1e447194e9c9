package io.copyhold.chaos.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.chaos.installation.Api;
import io.copyhold.chaos.installation.Installation;
import io.copyhold.chaos.workload.Invoicing;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.journal.Mappers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;

/** Where experiments are run: an installation's API, its directory, and patience. */
@PortAdapter
record Lab(Api api, Path data) {
  private static final long PATIENCE_NANOS = 600_000_000_000L;

  /** Between two looks at a condition, so that looking does not cost what it looks for. */
  private static final long LOOK_MS = 100;

  /** Publishes the sample's changelog and onboards tenants into store-a, each with a schema. */
  void furnish(List<String> tenants) throws Exception {
    ObjectNode changelog = Mappers.JSON.createObjectNode().put("poolable", true);
    ArrayNode scripts = changelog.putArray("scripts");
    for (Invoicing.Version version : Invoicing.versions()) {
      scripts.addObject().put("file", version.file()).put("content", version.sql());
    }
    api.change("POST", "/v1/changelogs/invoicing/versions", changelog, "publish");
    for (String store : Installation.STORES) {
      until(() ->
          api.get("/v1/stores/" + store).path("state").path("health").toString().contains("eady"));
    }
    for (String tenant : tenants) {
      ObjectNode body =
          Mappers.JSON
              .createObjectNode()
              .put("name", tenant)
              .put("plan", "pro")
              .put("region", "local")
              .put("tier", "standard")
              .put("isolation", "schema")
              .put("store", "store-a")
              .put("changelog", "invoicing")
              .put("version", "4");
      api.change("PUT", "/v1/tenants/" + tenant, body, "onboard-" + tenant);
    }
    for (String tenant : tenants) {
      until(() -> state("/v1/tenants/" + tenant).equals("active"));
    }
  }

  /** Waits for a condition; a node that is not there yet is not an answer. */
  void until(Callable<Boolean> condition) throws Exception {
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (!holds(condition)) {
      assertThat(System.nanoTime()).as("patience").isLessThan(end);
      Thread.sleep(LOOK_MS);
    }
  }

  private static boolean holds(Callable<Boolean> condition) throws Exception {
    try {
      return condition.call();
    } catch (ProblemException e) {
      if (e.problem().code().equals("no-answer")) {
        return false;
      }
      throw e;
    }
  }

  /** The word for the state, as the directory has it. */
  String state(String path) throws InterruptedException {
    return api.state(path);
  }

  /** With single quotes for double ones. */
  static ObjectNode json(String text) throws Exception {
    return (ObjectNode) Mappers.JSON.readTree(text.replace('\'', '"'));
  }

  void run(String id, String plan) throws Exception {
    api.change("PUT", "/v1/experiments/" + id, json(plan), "define-" + id);
    api.change("POST", "/v1/experiments/" + id + "/run", null, "run-" + id);
  }

  JsonNode phase(String id) throws InterruptedException {
    return api.get("/v1/experiments/" + id).path("state").path("phase");
  }

  /** What the agent has written down of a fault; missing before it has and after it forgot. */
  JsonNode fault(String name) throws IOException {
    try {
      return Mappers.JSON
          .readTree(Files.readString(data.resolve("faults").resolve(name + ".json")))
          .path("state");
    } catch (NoSuchFileException e) {
      return MissingNode.getInstance();
    }
  }

  /** Waits for the end. */
  JsonNode report(String id) throws Exception {
    until(() -> !phase(id).path("kind").asText().equals("running"));
    assertThat(phase(id).path("kind").asText()).as("%s", phase(id)).isEqualTo("ended");
    return api.get("/v1/experiments/" + id + "/report");
  }
}
