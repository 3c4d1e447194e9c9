package io.copyhold.http.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.tenants.store.Script;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code copyhold changelog …} and {@code copyhold rollout …}. */
final class ChangelogCommands {
  private static final String CHANGELOGS = "/v1/changelogs";
  static final String ROLLOUTS = "/v1/rollouts";

  private ChangelogCommands() {}

  static Group changelogs() {
    return new Group("changelog", "Changelogs: the schema versions that homes follow.")
        .add("publish", new Publish())
        .reads(CHANGELOGS, "state", "latest", "versions", "poolable")
        .add("script", new ScriptText())
        .say("retire", "Takes no more versions.", "POST", CHANGELOGS, "/retire");
  }

  static Group rollouts() {
    return new Group("rollout", "Rollouts: many homes on their way to one version.")
        .add("start", new RolloutCommands.Start())
        .add("preview", new RolloutCommands.PreviewPlan())
        .reads(ROLLOUTS, "state", "changelog", "schemaVersion", "total", "done", "failed")
        .add("failures", new RolloutCommands.Failures())
        .add("rollback", new RolloutCommands.RollBack())
        .say("pause", "Begins no further home.", "POST", ROLLOUTS, "/pause")
        .say("resume", "Goes on after a pause or a halt.", "POST", ROLLOUTS, "/resume")
        .say(
            "cancel",
            "Ends it; homes that have the version keep it until a rollback.",
            "POST",
            ROLLOUTS,
            "/cancel")
        .say(
            "retry-failed", "Tries the homes that failed again.", "POST", ROLLOUTS, "/retry-failed")
        .add("approve", new OperationCommands.Approve(ROLLOUTS))
        .add("watch", new WatchRollout());
  }

  @Command(
      description =
          "Publishes the scripts (.sql) and documents (.yaml, .json) of a directory; published ones never change.",
      mixinStandardHelpOptions = true)
  static final class Publish extends ChangeCommand {
    @Parameters(
        index = "0",
        paramLabel = "DIR",
        description = "With files like V1__create_customers.sql and V2__rename.yaml.")
    private Path directory = Path.of("");

    @Option(names = "--id", description = "Of the changelog (default: the directory's name).")
    private @Nullable String id;

    @Option(
        names = "--poolable",
        description = "The scripts keep to the shape that shared tables need.")
    private boolean poolable;

    @Override
    int run(Client client) throws Trouble, InterruptedException {
      ObjectNode body = object();
      body.put("poolable", poolable);
      ArrayNode scripts = body.putArray("scripts");
      try (Stream<Path> files = Files.list(directory)) {
        for (Path file :
            files
                .filter(f -> f.toString().endsWith(".sql") || Script.document(f.toString()))
                .sorted()
                .toList()) {
          scripts
              .addObject()
              .put("file", String.valueOf(file.getFileName()))
              .put("content", Files.readString(file));
        }
      } catch (IOException e) {
        throw new Trouble(
            ExitStatus.USAGE,
            "the scripts cannot be read (" + e.getClass().getSimpleName() + ")",
            directory.toString(),
            "give a directory of readable .sql, .yaml and .json files in UTF-8");
      }
      if (scripts.isEmpty()) {
        throw new Trouble(
            ExitStatus.USAGE,
            "the directory has no .sql, .yaml or .json files",
            directory.toString(),
            "name them like V1__create_customers.sql");
      }
      Path name = directory.toAbsolutePath().normalize().getFileName();
      String changelog = id == null ? String.valueOf(name) : id;
      return change(client, "POST", CHANGELOGS + "/" + encode(changelog) + "/versions", body);
    }
  }

  @Command(description = "Prints the script of one version.", mixinStandardHelpOptions = true)
  static final class ScriptText extends ApiCommand {
    @Parameters(index = "0", paramLabel = "ID")
    private String id = "";

    @Parameters(index = "1", paramLabel = "VERSION")
    private String version = "";

    @Override
    int run(Client client) throws Trouble, InterruptedException {
      var body = client.get(CHANGELOGS + "/" + encode(id) + "/versions/" + encode(version)).body();
      if (json()) {
        print(body);
      } else {
        out().print(body.path("content").asText());
      }
      return ExitStatus.OK;
    }
  }

  @Command(description = "Watches it until it ends.", mixinStandardHelpOptions = true)
  static final class WatchRollout extends ApiCommand {
    @Parameters(paramLabel = "ID")
    private String id = "";

    @Override
    int run(Client client) throws Trouble, InterruptedException {
      var state = client.get(ROLLOUTS + "/" + encode(id)).body().path("state");
      String generation = state.path("generation").asText("1");
      return new Progress(client, out(), json())
          .watch("/v1/operations/rollout/" + encode(id) + "/rollout/" + generation);
    }
  }
}
