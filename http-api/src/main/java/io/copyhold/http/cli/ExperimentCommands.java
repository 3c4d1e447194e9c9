package io.copyhold.http.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code copyhold experiment …}. */
final class ExperimentCommands {
  private static final String EXPERIMENTS = "/v1/experiments";

  private ExperimentCommands() {}

  static Group experiments() {
    return new Group("experiment", "Experiments: faults on purpose, and what came of them.")
        .add("define", new Define())
        .reads(EXPERIMENTS, "state", "run", "verdict", "rtoMs", "rpoLost", "author")
        .add("preview", new Preview())
        .say("approve", "Agrees to its next run.", "POST", EXPERIMENTS, "/approve")
        .say("run", "Runs it.", "POST", EXPERIMENTS, "/run")
        .say("cancel", "Lifts every fault and ends the run.", "POST", EXPERIMENTS, "/cancel")
        .add("watch", new WatchRun())
        .add("report", new Report());
  }

  @Command(
      description = "Says what an experiment is, from a file in YAML or JSON.",
      mixinStandardHelpOptions = true)
  static final class Define extends ChangeCommand {
    @Parameters(index = "0", paramLabel = "ID")
    private String id = "";

    @Parameters(index = "1", paramLabel = "FILE")
    private Path file = Path.of("");

    @Override
    int run(Client client) throws Trouble, InterruptedException {
      JsonNode plan;
      try {
        plan = new YAMLMapper().readTree(Files.readString(file));
      } catch (JsonProcessingException e) {
        throw new Trouble(
            ExitStatus.USAGE,
            "the file is neither YAML nor JSON",
            file + " line " + (e.getLocation() == null ? 0 : e.getLocation().getLineNr()),
            "look at docs/experiments.md for one that is");
      } catch (IOException e) {
        throw new Trouble(
            ExitStatus.USAGE, "the file cannot be read", file.toString(), "give a readable file");
      }
      return change(client, "PUT", EXPERIMENTS + "/" + encode(id), plan);
    }
  }

  @Command(description = "Says what it would hit.", mixinStandardHelpOptions = true)
  static final class Preview extends ApiCommand {
    @Parameters(paramLabel = "ID")
    private String id = "";

    @Override
    int run(Client client) throws Trouble, InterruptedException {
      JsonNode body = client.get(EXPERIMENTS + "/" + encode(id) + "/preview").body();
      if (json()) {
        print(body);
        return ExitStatus.OK;
      }
      out().println("nodes    " + Table.cell(body.path("nodes")));
      out().println("stores   " + Table.cell(body.path("stores")));
      out().println("journal  " + (body.path("journal").asBoolean() ? "yes" : "no"));
      out()
          .println(
              "tenants  "
                  + body.path("tenants").asLong()
                  + " "
                  + Table.cell(body.path("tenantSamples")));
      for (JsonNode obstacle : body.path("obstacles")) {
        out().println("obstacle " + obstacle.path("what").asText());
        out().println("         " + obstacle.path("todo").asText());
      }
      return body.path("obstacles").isEmpty() ? ExitStatus.OK : ExitStatus.REFUSED;
    }
  }

  @Command(description = "Watches its run until it ends.", mixinStandardHelpOptions = true)
  static final class WatchRun extends ApiCommand {
    @Parameters(paramLabel = "ID")
    private String id = "";

    @Override
    int run(Client client) throws Trouble, InterruptedException {
      JsonNode state = client.get(EXPERIMENTS + "/" + encode(id)).body().path("state");
      return new Progress(client, out(), json())
          .watch(
              "/v1/operations/experiment/" + encode(id) + "/run/" + state.path("run").asText("1"));
    }
  }

  @Command(
      description = {
        "Prints what came of its newest run.",
        "Ends with status 4 unless the verdict is passed."
      },
      mixinStandardHelpOptions = true)
  static final class Report extends ApiCommand {
    @Parameters(paramLabel = "ID")
    private String id = "";

    @Override
    int run(Client client) throws Trouble, InterruptedException {
      JsonNode body = client.get(EXPERIMENTS + "/" + encode(id) + "/report").body();
      JsonNode report = body.path("report");
      boolean passed = report.path("verdict").asText().equals("PASSED");
      if (json()) {
        print(body);
        return passed ? ExitStatus.OK : ExitStatus.FAILED;
      }
      out()
          .println(
              "verdict  " + report.path("verdict").asText().toLowerCase(java.util.Locale.ROOT));
      for (JsonNode reason : report.path("reasons")) {
        out().println("         " + reason.asText());
      }
      out().println("rto      " + (report.has("rtoMs") ? report.path("rtoMs") + " ms" : "none"));
      if (report.has("rpoLost")) {
        out()
            .println(
                "rpo      "
                    + report.path("rpoLost")
                    + " of "
                    + report.path("acknowledged")
                    + " acknowledged changes lost");
      }
      for (JsonNode moment : report.path("timeline")) {
        out().println(moment.path("at").asText() + "  " + moment.path("what").asText());
      }
      return passed ? ExitStatus.OK : ExitStatus.FAILED;
    }
  }
}
