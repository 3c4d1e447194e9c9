package io.copyhold.http.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code copyhold tenant …}. */
final class TenantCommands {
  private static final String PATH = "/v1/tenants";

  private TenantCommands() {}

  static Group group() {
    return new Group("tenant", "Tenants: their homes, settings and lives.")
        .add("onboard", new Onboard())
        .reads(
            PATH, "name", "state", "plan", "region", "isolation", "store", "schemaVersion", "tags")
        .add("configure", new Configure())
        .add("rename", new Rename())
        .add("tag", new Tag())
        .add("suspend", new Suspend())
        .say("resume", "Opens its logins again.", "POST", PATH, "/resume")
        .add("migrate", new Migrate(PATH))
        .add("adopt", new Adopt())
        .add("drift", new DriftCommand(PATH))
        .add("schema", new SchemaCommand(PATH))
        .add("connect", new Connect())
        .add("replay", new Replay())
        .add("reconcile", new ControlCommands.Reconcile(PATH))
        .add("offboard", new Offboard());
  }

  @Command(
      description = {
        "Drives its past again into a shadow, with effects answered from the record;",
        "exits with 4 when something comes out otherwise."
      },
      mixinStandardHelpOptions = true)
  static final class Replay extends ApiCommand {
    @Parameters(paramLabel = "ID")
    private String id = "";

    @Option(names = "--to-version", description = "The last version to drive (default: all).")
    private @Nullable Long toVersion;

    @Option(names = "--to-time", description = "Nothing that happened later.")
    private @Nullable String toTime;

    @Option(
        names = "--speed",
        description = "1 for the pace of the past, 60 for a minute a second (default: no pauses).")
    private @Nullable Double speed;

    @Option(names = "--diff", description = "Compare the shadow with the live state.")
    private boolean diff;

    @Option(names = "--name", description = "Under which the place is kept.")
    private @Nullable String name;

    @Option(names = "--resume", description = "Go on where the replay of that name stopped.")
    private boolean resume;

    @Override
    int run(Client client) throws Trouble, InterruptedException {
      boolean going = resume;
      while (true) {
        ObjectNode body = object();
        put(body, "toVersion", toVersion);
        put(body, "toTime", toTime);
        put(body, "speed", speed);
        put(body, "name", name);
        body.put("diff", diff);
        body.put("resume", going);
        JsonNode report =
            client.send("POST", PATH + "/" + encode(id) + "/replays", body, Map.of()).body();
        if (report.path("done").asBoolean()) {
          return show(report);
        }
        if (!json()) {
          out().println("version " + report.path("version").asLong() + ", going on");
          out().flush();
        }
        going = true;
      }
    }

    private int show(JsonNode report) {
      if (json()) {
        print(report);
      } else {
        out()
            .println(
                "version "
                    + report.path("version").asLong()
                    + " at "
                    + report.path("at").asText()
                    + ": "
                    + report.path("events").asLong()
                    + " events of it and "
                    + report.path("operations").asLong()
                    + " operations, "
                    + report.path("redecided").asLong()
                    + " decided anew");
        report.path("diff").forEach(change -> out().println("  live differs: " + change));
        for (JsonNode finding : report.path("findings")) {
          out()
              .println(
                  "  FINDING "
                      + finding.path("kind").asText()
                      + " at "
                      + finding.path("entity").asText()
                      + "@"
                      + finding.path("version").asLong()
                      + ": "
                      + finding.path("text").asText());
        }
      }
      return report.path("findings").isEmpty() ? ExitStatus.OK : ExitStatus.FAILED;
    }
  }

  @Command(
      description = "Onboards a tenant; the same again changes nothing.",
      mixinStandardHelpOptions = true)
  static final class Onboard extends ChangeCommand {
    @Parameters(paramLabel = "ID")
    private String id = "";

    @Option(names = "--name", description = "Of the organisation (default: the id).")
    private @Nullable String name;

    @Option(names = "--plan", description = "Default: ${DEFAULT-VALUE}.")
    private String plan = "standard";

    @Option(names = "--region", required = true, description = "Where its data has to be.")
    private String region = "";

    @Option(names = "--tier", description = "Default: ${DEFAULT-VALUE}.")
    private String tier = "standard";

    @Option(
        names = "--isolation",
        description = "database, schema or pool (default: ${DEFAULT-VALUE}).")
    private String isolation = "schema";

    @Option(names = "--store", description = "Default: the least loaded that fits.")
    private @Nullable String store;

    @Option(names = "--pool", description = "Only with --isolation pool.")
    private @Nullable String pool;

    @Option(names = "--changelog", required = true)
    private String changelog = "";

    @Option(names = "--schema-version", description = "Of the changelog (default: the latest).")
    private @Nullable String version;

    @Option(names = "--set", paramLabel = "KEY=VALUE", description = "A setting.")
    private Map<String, String> settings = new LinkedHashMap<>();

    @Option(names = "--tag", description = "A tag, such as team=blue.")
    private List<String> tags = new ArrayList<>();

    @Option(names = "--again", description = "Also when it was offboarded before: it begins empty.")
    private boolean again;

    @Override
    int run(Client client) throws Trouble, InterruptedException {
      ObjectNode body = object();
      put(body, "name", name == null ? id : name);
      put(body, "plan", plan);
      put(body, "region", region);
      put(body, "tier", tier);
      put(body, "isolation", isolation);
      put(body, "store", store);
      put(body, "pool", pool);
      put(body, "changelog", changelog);
      put(body, "version", version);
      put(body, "tags", tags);
      if (!settings.isEmpty()) {
        put(body, "settings", settings);
      }
      return change(client, "PUT", PATH + "/" + encode(id) + (again ? "?again=true" : ""), body);
    }
  }

  @Command(description = "Sets and unsets settings.", mixinStandardHelpOptions = true)
  static final class Configure extends ChangeCommand {
    @Parameters(paramLabel = "ID")
    private String id = "";

    @Option(names = "--set", paramLabel = "KEY=VALUE")
    private Map<String, String> set = new LinkedHashMap<>();

    @Option(names = "--unset", paramLabel = "KEY", description = "Goes back to its default.")
    private List<String> remove = new ArrayList<>();

    @Override
    int run(Client client) throws Trouble, InterruptedException {
      ObjectNode body = object();
      if (!set.isEmpty()) {
        put(body, "set", set);
      }
      put(body, "remove", remove);
      return change(client, "PATCH", PATH + "/" + encode(id) + "/settings", body);
    }
  }

  @Command(description = "Gives it another name.", mixinStandardHelpOptions = true)
  static final class Rename extends ChangeCommand {
    @Parameters(index = "0", paramLabel = "ID")
    private String id = "";

    @Parameters(index = "1", paramLabel = "NAME")
    private String name = "";

    @Override
    int run(Client client) throws Trouble, InterruptedException {
      ObjectNode body = object();
      put(body, "name", name);
      return change(client, "PUT", PATH + "/" + encode(id) + "/name", body);
    }
  }

  @Command(description = "Adds and removes tags.", mixinStandardHelpOptions = true)
  static final class Tag extends ChangeCommand {
    @Parameters(paramLabel = "ID")
    private String id = "";

    @Option(names = "--add", paramLabel = "TAG")
    private List<String> add = new ArrayList<>();

    @Option(names = "--remove", paramLabel = "TAG")
    private List<String> remove = new ArrayList<>();

    @Override
    int run(Client client) throws Trouble, InterruptedException {
      ObjectNode body = object();
      put(body, "add", add);
      put(body, "remove", remove);
      return change(client, "PATCH", PATH + "/" + encode(id) + "/tags", body);
    }
  }

  @Command(
      description = "Closes its logins and ends its sessions; data stays.",
      mixinStandardHelpOptions = true)
  static final class Suspend extends ChangeCommand {
    @Parameters(paramLabel = "ID")
    private String id = "";

    @Option(names = "--reason", required = true, description = "For the history.")
    private String reason = "";

    @Override
    int run(Client client) throws Trouble, InterruptedException {
      ObjectNode body = object();
      put(body, "reason", reason);
      return change(client, "POST", PATH + "/" + encode(id) + "/suspend", body);
    }
  }

  @Command(
      description = "Takes its home to a version of its changelog.",
      mixinStandardHelpOptions = true)
  static final class Migrate extends ChangeCommand {
    private final String path;

    @Parameters(paramLabel = "ID")
    private String id = "";

    @Option(names = "--to", paramLabel = "VERSION", description = "Default: the latest.")
    private @Nullable String version;

    Migrate(String path) {
      this.path = path;
    }

    @Override
    int run(Client client) throws Trouble, InterruptedException {
      ObjectNode body = object();
      put(body, "version", version);
      return change(client, "POST", path + "/" + encode(id) + "/migrate", body);
    }
  }

  @Command(
      description = {
        "Takes over an existing database or schema, in two commands:",
        "first it is looked at and nothing is changed, then --confirm takes it over."
      },
      mixinStandardHelpOptions = true)
  static final class Adopt extends ChangeCommand {
    @Parameters(paramLabel = "ID")
    private String id = "";

    @Option(names = "--confirm", description = "Take over what was found.")
    private boolean confirm;

    @Option(names = "--abandon", description = "Leave it alone.")
    private boolean abandon;

    @Option(names = "--name", description = "Of the organisation (default: the id).")
    private @Nullable String name;

    @Option(names = "--plan", description = "Default: ${DEFAULT-VALUE}.")
    private String plan = "standard";

    @Option(names = "--region", description = "Where its data is.")
    private @Nullable String region;

    @Option(names = "--tier", description = "Default: ${DEFAULT-VALUE}.")
    private String tier = "standard";

    @Option(names = "--store")
    private @Nullable String store;

    @Option(names = "--database", description = "Where it is.")
    private @Nullable String database;

    @Option(
        names = "--schema",
        description = "Where its tables are (default: public of a whole database).")
    private @Nullable String schema;

    @Option(
        names = "--isolation",
        description = "database or schema (default: schema when one is named).")
    private @Nullable String isolation;

    @Option(names = "--changelog")
    private @Nullable String changelog;

    @Option(names = "--schema-version", description = "Of the changelog, that it already has.")
    private @Nullable String version;

    @Option(names = "--tag")
    private List<String> tags = new ArrayList<>();

    @Override
    int run(Client client) throws Trouble, InterruptedException {
      String path = PATH + "/" + encode(id) + "/adoption";
      if (confirm) {
        return change(client, "POST", path + "/confirm", null);
      }
      if (abandon) {
        return change(client, "DELETE", path, null);
      }
      ObjectNode body = object();
      put(body, "name", name == null ? id : name);
      put(body, "plan", plan);
      put(body, "region", region);
      put(body, "tier", tier);
      put(body, "store", store);
      put(body, "database", database);
      put(body, "schema", schema);
      put(body, "isolation", isolation);
      put(body, "changelog", changelog);
      put(body, "version", version);
      put(body, "tags", tags);
      return change(client, "PUT", path, body);
    }
  }

  @Command(
      description = "Prints a working connection string, password included.",
      mixinStandardHelpOptions = true)
  static final class Connect extends ApiCommand {
    @Parameters(paramLabel = "ID")
    private String id = "";

    @Override
    int run(Client client) throws Trouble, InterruptedException {
      var body = client.get(PATH + "/" + encode(id) + "/connection").body();
      if (json()) {
        print(body);
      } else {
        out().println(body.path("uri").asText());
      }
      return ExitStatus.OK;
    }
  }

  @Command(
      description = "Ends a tenant with its logins, its data and its home.",
      mixinStandardHelpOptions = true)
  static final class Offboard extends ChangeCommand {
    @Parameters(paramLabel = "ID")
    private String id = "";

    @Option(
        names = "--confirm",
        paramLabel = "ID",
        required = true,
        description = "The id once more.")
    private String confirm = "";

    @Override
    int run(Client client) throws Trouble, InterruptedException {
      return change(
          client, "DELETE", PATH + "/" + encode(id) + "?confirm=" + encode(confirm), null);
    }
  }
}
