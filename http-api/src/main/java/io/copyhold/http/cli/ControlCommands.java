package io.copyhold.http.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.copyhold.config.node.SupervisorSettings;
import io.copyhold.failover.backup.BackupSettings;
import io.copyhold.failover.backup.Backups;
import io.copyhold.failover.backup.Restore;
import io.copyhold.http.node.DataOption;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.RuntimeConfig;
import io.copyhold.runtime.postgres.DirectoryLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code copyhold control …}, {@code copyhold diverged …} and how owners are reconciled. */
@PortAdapter
final class ControlCommands {
  private static final String CONTROL = "/v1/control";

  private ControlCommands() {}

  static Group control() {
    return new Group("control", "The control plane's own backups, drills and past.")
        .add("status", new Status())
        .add("backup", new Backup())
        .add("drill", new Drill())
        .add("verify", new Verify())
        .add("restore", new RestoreCommand());
  }

  static Group diverged() {
    return new Group("diverged", "Owners that are behind their homes.").add("list", new Diverged());
  }

  @Command(
      description = "Says which past the journal has, and what backups there are.",
      mixinStandardHelpOptions = true)
  static final class Status extends ApiCommand {
    @Override
    int run(Client client) throws Trouble, InterruptedException {
      JsonNode body = client.get(CONTROL).body();
      if (json()) {
        print(body);
        return ExitStatus.OK;
      }
      JsonNode line = body.path("timeline");
      out()
          .println(
              "timeline  "
                  + line.path("floor").asText()
                  + " since "
                  + line.path("since").asText()
                  + " ("
                  + line.path("reason").asText()
                  + "), "
                  + (line.has("verified")
                      ? "homes compared " + line.path("verified").asText()
                      : "homes are being compared, "
                          + body.path("waiting").asText()
                          + " owners wait"));
      JsonNode drilled = body.path("drilled");
      out()
          .println(
              "drill     "
                  + (drilled.isObject()
                      ? drilled.path("at").asText()
                          + ": "
                          + drilled.path("backup").asText()
                          + " in "
                          + drilled.path("recoveredMs").asText()
                          + " ms, "
                          + drilled.path("behindMs").asText()
                          + " ms behind, "
                          + drilled.path("events").asText()
                          + " events"
                      : "never"));
      for (String problem : List.of("backupProblem", "drillProblem")) {
        if (body.path(problem).isObject()) {
          out().println("FAILED    " + body.path(problem).path("what").asText());
        }
      }
      Table table = new Table(List.of("backup", "at", "tookMs", "bytes", "files", "events"));
      for (JsonNode backup : body.path("backups")) {
        table.row(
            List.of(
                backup.path("id").asText(),
                backup.path("at").asText(),
                backup.path("tookMs").asText(),
                backup.path("bytes").asText(),
                backup.path("files").asText(),
                backup.path("events").asText()));
      }
      table.print(out());
      return body.path("backupProblem").isObject() || body.path("drillProblem").isObject()
          ? ExitStatus.FAILED
          : ExitStatus.OK;
    }
  }

  @Command(
      description = "Takes a backup of the control database now.",
      mixinStandardHelpOptions = true)
  static final class Backup extends ChangeCommand {
    @Override
    int run(Client client) throws Trouble, InterruptedException {
      return change(client, "POST", CONTROL + "/backups", null);
    }
  }

  @Command(
      description = "Brings the newest backup to life beside the live database, and reads it.",
      mixinStandardHelpOptions = true)
  static final class Drill extends ChangeCommand {
    @Override
    int run(Client client) throws Trouble, InterruptedException {
      return change(client, "POST", CONTROL + "/drills", null);
    }
  }

  @Command(
      description = {
        "Begins a new timeline and compares every owner with its home.",
        "By hand only where a server was put back without a trace, such as from a copy of its disk."
      },
      mixinStandardHelpOptions = true)
  static final class Verify extends ChangeCommand {
    @Override
    int run(Client client) throws Trouble, InterruptedException {
      JsonNode body = send(client, "POST", CONTROL + "/verify", null).body();
      if (json()) {
        print(body);
      } else {
        out().println("timeline " + body.path("timeline").path("floor").asText());
      }
      return ExitStatus.OK;
    }
  }

  @Command(description = "Lists them, pools first.", mixinStandardHelpOptions = true)
  static final class Diverged extends ApiCommand {
    @Option(names = "--limit", description = "Rows at most (default: ${DEFAULT-VALUE}).")
    private int limit = 100;

    @Override
    int run(Client client) throws Trouble, InterruptedException {
      JsonNode body = client.get("/v1/diverged?limit=" + Math.clamp(limit, 1, 1_000)).body();
      if (json()) {
        print(body);
        return ExitStatus.OK;
      }
      Table table = new Table(List.of("type", "id", "was", "home", "findings"));
      for (JsonNode item : body.path("items")) {
        JsonNode summary = item.path("summary");
        table.row(
            List.of(
                item.path("type").asText(),
                item.path("id").asText(),
                summary.path("was").asText(),
                summary.path("home").asText(),
                summary.path("findings").asText()));
      }
      table.print(out());
      return ExitStatus.OK;
    }
  }

  /** Shows what differs, then lets the owner take over what its home says. */
  @Command(
      description = {
        "Lets it take over what its home says; --dry-run shows what differs and what would come.",
        "For one that the journal does not know, --body is a file that says what it is."
      },
      mixinStandardHelpOptions = true)
  static final class Reconcile extends ChangeCommand {
    private final String path;

    @Parameters(paramLabel = "ID")
    private String id = "";

    @Option(
        names = "--body",
        paramLabel = "FILE",
        description = "JSON: a tenant's name, plan, region and tier; or what a pool is made with.")
    private @Nullable Path body;

    Reconcile(String path) {
      this.path = path;
    }

    @Override
    int run(Client client) throws Trouble, InterruptedException {
      JsonNode state = client.get(path + "/" + encode(id)).body().path("state");
      if (!json()) {
        state.path("findings").forEach(finding -> out().println("found  " + finding.asText()));
      }
      return change(client, "POST", path + "/" + encode(id) + "/reconcile", read());
    }

    private @Nullable JsonNode read() throws Trouble {
      if (body == null) {
        return null;
      }
      try {
        ObjectNode node = object();
        node.setAll(
            (ObjectNode)
                io.copyhold.runtime.journal.Mappers.JSON.readTree(Files.readAllBytes(body)));
        return node;
      } catch (java.io.IOException | ClassCastException e) {
        throw new Trouble(
            ExitStatus.REFUSED,
            "The file is not a JSON object.",
            body.toString(),
            "Write one, such as {\"name\": …, \"plan\": …, \"region\": …, \"tier\": …}.");
      }
    }
  }

  @Command(
      description = {
        "Makes the embedded control database from a backup, while nothing runs on the directory.",
        "After the next 'copyhold up', owners that are behind their homes are diverged."
      },
      mixinStandardHelpOptions = true)
  static final class RestoreCommand implements Callable<Integer> {
    @Mixin private DataOption data = new DataOption();

    @Option(
        names = "--from",
        paramLabel = "DIR",
        description = "Directory with backups, or one backup in it (default: backup in --data).")
    private @Nullable Path from;

    @Option(
        names = "--to",
        paramLabel = "TIME",
        description = "Up to this time, such as 2026-11-21T12:00:00Z (default: all there is).")
    private @Nullable Instant to;

    @Option(
        names = "--replace",
        description = "Move a control database that is there aside; it is not deleted.")
    private boolean replace;

    @Option(names = "--config", paramLabel = "FILE", description = "Settings, as for 'up'.")
    private @Nullable Path config;

    @Spec private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws Exception {
      Path directory = data.directory();
      Map<String, Object> told = new HashMap<>(Map.of("copyhold.control.backup.embedded", true));
      String id = "";
      if (from != null) {
        Path place = from.toAbsolutePath().normalize();
        if (Files.exists(place.resolve("backup.json"))) {
          id = String.valueOf(place.getFileName());
          place = java.util.Objects.requireNonNull(place.getParent());
        }
        told.put("copyhold.control.backup.directory", place.toString());
      }
      Config all = ConfigFactory.parseMap(told);
      if (config != null) {
        all = all.withFallback(ConfigFactory.parseFile(config.toFile()));
      }
      all = RuntimeConfig.of(all);
      Files.createDirectories(directory);
      Files.setPosixFilePermissions(
          directory, java.nio.file.attribute.PosixFilePermissions.fromString("rwx--x--x"));
      try (DirectoryLock _ = DirectoryLock.take(directory)) {
        Files.createDirectories(directory.resolve("log"));
        Restore.Done done =
            new Restore(
                    new Backups(BackupSettings.from(all, directory), InstantSource.system()),
                    SupervisorSettings.from(all, directory).controlServer(0),
                    InstantSource.system())
                .run(id, to, replace);
        java.io.PrintWriter out = java.util.Objects.requireNonNull(spec).commandLine().getOut();
        out.println(
            "restored "
                + done.backup().id()
                + (to == null ? "" : " and log up to " + to)
                + " in "
                + done.took().toMillis()
                + " ms");
        if (done.before() != null) {
          out.println("what was there lies in " + done.before());
        }
        out.println("Next: copyhold up, copyhold control status, copyhold diverged list");
        out.flush();
        return ExitStatus.OK;
      }
    }
  }
}
