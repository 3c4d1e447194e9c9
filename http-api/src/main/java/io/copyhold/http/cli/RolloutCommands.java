package io.copyhold.http.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code copyhold rollout start}, {@code preview}, {@code failures} and {@code rollback}. */
final class RolloutCommands {
  private RolloutCommands() {}

  /** What a rollout is to do. */
  static final class Wanted {
    @Option(names = "--changelog", required = true, description = "The homes that follow it.")
    private String changelog = "";

    @Option(names = "--to", paramLabel = "VERSION", description = "Default: the latest.")
    private @Nullable String version;

    @Option(
        names = "--canary-tag",
        paramLabel = "TAG",
        description = "The first wave: homes with this tag.")
    private List<String> canaryTags = new ArrayList<>();

    @Option(
        names = "--canary",
        paramLabel = "TYPE/ID",
        description = "The first wave: just these homes.")
    private List<String> canaries = new ArrayList<>();

    @Option(
        names = "--wave",
        split = ",",
        paramLabel = "SIZE",
        description = "10 homes, or 10%%; several rise.")
    private List<String> waves = new ArrayList<>();

    @Option(names = "--per-store", description = "Homes of one store at the same time.")
    private @Nullable Integer perStore;

    @Option(names = "--at-once", description = "Homes of all stores at the same time.")
    private @Nullable Integer atOnce;

    @Option(
        names = "--failure-budget",
        paramLabel = "SIZE",
        description =
            "Failures after which it halts: 5, or 5%% of all homes, or 5%%/20 of those attempted, judged"
                + " from the 20th on.")
    private @Nullable String budget;

    @Option(names = "--soak", paramLabel = "SECONDS", description = "Wait after each wave.")
    private @Nullable Integer soak;

    @Option(
        names = "--check-sql",
        paramLabel = "SELECT",
        description = "After each wave this must be true in some of its homes.")
    private List<String> sql = new ArrayList<>();

    @Option(
        names = "--check-url",
        paramLabel = "URL",
        description = "After each wave a GET of this must answer 200.")
    private List<String> urls = new ArrayList<>();

    @Option(
        names = "--check-metric",
        paramLabel = "NAME=MAX",
        description = "After each wave this metric of the node must not be above it.")
    private List<String> metrics = new ArrayList<>();

    @Option(names = "--gated", description = "Each wave but the first waits for an approval.")
    private boolean gated;

    @Option(
        names = "--owner",
        paramLabel = "TYPE/ID",
        description = "Only tenant/acme, pool/shared.")
    private List<String> owners = new ArrayList<>();

    @Option(names = "--tag", description = "Only homes with this tag.")
    private List<String> tags = new ArrayList<>();

    @Option(names = "--region", description = "Only homes of this region.")
    private List<String> regions = new ArrayList<>();

    @Option(names = "--tier", description = "Only homes of this tier.")
    private List<String> tiers = new ArrayList<>();

    @Option(names = "--plan", description = "Only homes of tenants with this plan.")
    private List<String> plans = new ArrayList<>();

    @Option(names = "--store", description = "Only homes of this store.")
    private List<String> stores = new ArrayList<>();

    @Option(names = "--isolation", description = "Only database, schema or pool homes.")
    private List<String> isolations = new ArrayList<>();

    ObjectNode body() throws Trouble {
      ObjectNode body = ApiCommand.object();
      ApiCommand.put(body, "changelog", changelog);
      ApiCommand.put(body, "version", version);
      ArrayNode reaches = body.arrayNode();
      if (!canaryTags.isEmpty() || !canaries.isEmpty()) {
        ObjectNode canary = ApiCommand.object();
        ApiCommand.put(canary, "tags", canaryTags);
        ApiCommand.put(canary, "owners", canaries);
        reaches.add(canary);
      }
      waves.forEach(wave -> size(reaches, wave));
      if (!reaches.isEmpty()) {
        body.set("waves", reaches);
      }
      ApiCommand.put(body, "perStore", perStore);
      ApiCommand.put(body, "atOnce", atOnce);
      budget(body);
      ApiCommand.put(body, "soakSeconds", soak);
      if (gated) {
        body.put("gated", true);
      }
      checks(body);
      ObjectNode selector = ApiCommand.object();
      ApiCommand.put(selector, "owners", owners);
      ApiCommand.put(selector, "tags", tags);
      ApiCommand.put(selector, "regions", regions);
      ApiCommand.put(selector, "tiers", tiers);
      ApiCommand.put(selector, "plans", plans);
      ApiCommand.put(selector, "stores", stores);
      ApiCommand.put(selector, "isolations", isolations);
      if (!selector.isEmpty()) {
        body.set("selector", selector);
      }
      return body;
    }

    private void budget(ObjectNode body) {
      if (budget == null) {
        return;
      }
      if (budget.matches("[0-9]{1,3}%/[0-9]{1,9}")) {
        int at = budget.indexOf('%');
        body.putObject("failureBudget")
            .put("percent", Integer.parseInt(budget.substring(0, at)))
            .put("atLeast", Integer.parseInt(budget.substring(at + 2)));
      } else if (budget.matches("[0-9]{1,9}")) {
        body.put("failureBudget", Integer.parseInt(budget));
      } else {
        body.put("failureBudget", budget);
      }
    }

    private void checks(ObjectNode body) throws Trouble {
      ArrayNode checks = body.arrayNode();
      sql.forEach(query -> checks.addObject().put("sql", query));
      urls.forEach(url -> checks.addObject().put("http", url));
      for (String metric : metrics) {
        int at = metric.indexOf('=');
        if (at < 1 || !metric.substring(at + 1).matches("-?[0-9]+(\\.[0-9]+)?")) {
          throw new Trouble(
              ExitStatus.USAGE,
              "a metric's bound is missing",
              "--check-metric " + metric,
              "write it like copyhold_agenda_rows=1000");
        }
        checks
            .addObject()
            .put("metric", metric.substring(0, at))
            .put("max", Double.parseDouble(metric.substring(at + 1)));
      }
      if (!checks.isEmpty()) {
        body.set("checks", checks);
      }
    }

    /** A number as a number; the rest the server judges. */
    private static void size(ArrayNode sizes, String text) {
      if (text.matches("[0-9]{1,9}")) {
        sizes.add(Integer.parseInt(text));
      } else {
        sizes.add(text);
      }
    }
  }

  @Command(
      description = "Takes homes to a version, in waves; canaries first.",
      mixinStandardHelpOptions = true)
  static final class Start extends ChangeCommand {
    @Parameters(paramLabel = "ID")
    private String id = "";

    @Mixin private Wanted wanted = new Wanted();

    @Override
    int run(Client client) throws Trouble, InterruptedException {
      return change(client, "PUT", ChangelogCommands.ROLLOUTS + "/" + encode(id), wanted.body());
    }
  }

  @Command(
      description = "Says which homes would go with which wave; changes nothing.",
      mixinStandardHelpOptions = true)
  static final class PreviewPlan extends ApiCommand {
    @Parameters(paramLabel = "ID")
    private String id = "";

    @Mixin private Wanted wanted = new Wanted();

    @Override
    int run(Client client) throws Trouble, InterruptedException {
      JsonNode preview =
          client
              .send(
                  "POST",
                  ChangelogCommands.ROLLOUTS + "/" + encode(id) + "/preview",
                  wanted.body(),
                  Map.of())
              .body();
      if (json()) {
        print(preview);
        return ExitStatus.OK;
      }
      for (JsonNode wave : preview.path("waves")) {
        List<String> named = new ArrayList<>();
        wave.path("named").forEach(home -> named.add(home.asText()));
        out()
            .printf(
                "%-10s %d homes, %d there already%s%n",
                wave.path("wave").asText(),
                wave.path("homes").asLong(),
                wave.path("there").asLong(),
                named.isEmpty() ? "" : ": " + String.join(" ", named));
      }
      out()
          .printf(
              "%d homes in all, nothing to do for %d%n",
              preview.path("total").asLong(), preview.path("there").asLong());
      return ExitStatus.OK;
    }
  }

  @Command(
      description = "What failed and why, by cause; why it halted, and what to do.",
      mixinStandardHelpOptions = true)
  static final class Failures extends ApiCommand {
    @Parameters(paramLabel = "ID")
    private String id = "";

    @Override
    int run(Client client) throws Trouble, InterruptedException {
      JsonNode phase =
          client
              .get(ChangelogCommands.ROLLOUTS + "/" + encode(id))
              .body()
              .path("state")
              .path("phase");
      if (json()) {
        print(phase);
        return ExitStatus.OK;
      }
      JsonNode problem = phase.path("problem");
      if (!problem.isMissingNode()) {
        out().println(problem.path("code").asText() + ": " + problem.path("what").asText());
        out().println("  " + problem.path("todo").asText());
      }
      JsonNode result = phase.path("result");
      result
          .path("causes")
          .forEach(cause ->
              out()
                  .printf(
                      "%d homes, such as %s: %s%n",
                      cause.path("homes").asLong(),
                      cause.path("example").asText(),
                      cause.path("cause").asText()));
      result
          .path("samples")
          .forEach(sample ->
              out()
                  .println(
                      "  " + sample.path("home").asText() + " " + sample.path("problem").asText()));
      return ExitStatus.OK;
    }
  }

  @Command(
      description = "Takes homes back to the version that each had before, by the U scripts.",
      mixinStandardHelpOptions = true)
  static final class RollBack extends ChangeCommand {
    @Parameters(paramLabel = "ID")
    private String id = "";

    @Option(
        names = "--wave",
        paramLabel = "NAME",
        description = "Only wave-1, wave-2 or wave-rest (default: all).")
    private @Nullable String wave;

    @Override
    int run(Client client) throws Trouble, InterruptedException {
      ObjectNode body = object();
      put(body, "wave", wave);
      return change(
          client, "POST", ChangelogCommands.ROLLOUTS + "/" + encode(id) + "/rollback", body);
    }
  }
}
