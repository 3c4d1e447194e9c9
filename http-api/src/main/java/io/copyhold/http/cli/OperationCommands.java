package io.copyhold.http.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code copyhold operation …}, {@code token …}, {@code quarantine …} and {@code events}. */
final class OperationCommands {
  private static final String OPERATIONS = "/v1/operations";
  private static final String TOKENS = "/v1/tokens";
  private static final String QUARANTINE = "/v1/quarantine";

  private OperationCommands() {}

  static Group operations() {
    return new Group("operation", "Operations: durable work; named like tenant/acme/provision/1.")
        .reads(OPERATIONS, "type", "state", "step", "stepsDone", "steps", "problem")
        .add("explain", new Explain())
        .add("watch", new WatchOperation())
        .say("pause", "Begins no further step.", "POST", OPERATIONS, "/pause")
        .say("resume", "Goes on after a pause.", "POST", OPERATIONS, "/resume")
        .say("cancel", "Undoes what was done, then ends.", "POST", OPERATIONS, "/cancel")
        .say("retry", "Tries now what waits for its next try.", "POST", OPERATIONS, "/retry")
        .add("approve", new Approve(OPERATIONS))
        .add("choose", new Choose());
  }

  static Group tokens() {
    return new Group("token", "Tokens: who may speak to the API.")
        .add("create", new CreateToken())
        .add(
            "list",
            new Reading.ListCommand(
                TOKENS, "name", "role", "holder", "state", "expires", "tenants", "tenantTags"))
        .add("show", new Reading.ShowCommand(TOKENS))
        .add("revoke", new RevokeToken());
  }

  static Group quarantine() {
    return new Group("quarantine", "Entities that cannot be replayed; named like tenant/acme.")
        .add("list", new Reading.ListCommand(QUARANTINE, "state", "version", "cause"))
        .add("show", new Reading.ShowCommand(QUARANTINE))
        .say("retry", "Tries the replay again as it is.", "POST", QUARANTINE, "/retry")
        .add("skip", new Skip())
        .add("restore", new Restore());
  }

  @Command(description = "Says why it is not further than it is.", mixinStandardHelpOptions = true)
  static final class Explain extends ApiCommand {
    @Parameters(paramLabel = "OPERATION")
    private String id = "";

    @Override
    int run(Client client) throws Trouble, InterruptedException {
      JsonNode body = client.get(OPERATIONS + "/" + encodeParts(id) + "/explain").body();
      if (json()) {
        print(body);
        return ExitStatus.OK;
      }
      out().println(body.path("state").asText());
      for (JsonNode reason : body.path("reasons")) {
        out().println("  " + reason.path("text").asText());
        for (String time : new String[] {"since", "until"}) {
          if (reason.has(time)) {
            out().println("    " + time + " " + reason.path(time).asText());
          }
        }
      }
      for (JsonNode proof : body.path("proofs")) {
        out()
            .println(
                (proof.path("holds").asBoolean() ? "  seen: " : "  NOT TRUE: ")
                    + proof.path("text").asText());
      }
      return ExitStatus.OK;
    }
  }

  @Command(description = "Watches it until it ends.", mixinStandardHelpOptions = true)
  static final class WatchOperation extends ApiCommand {
    @Parameters(paramLabel = "OPERATION")
    private String id = "";

    @Override
    int run(Client client) throws Trouble, InterruptedException {
      return new Progress(client, out(), json()).watch(OPERATIONS + "/" + encodeParts(id));
    }
  }

  @Command(description = "Gives the signal that it waits for.", mixinStandardHelpOptions = true)
  static final class Approve extends ChangeCommand {
    private final String path;

    @Parameters(index = "0", paramLabel = "ID")
    private String id = "";

    @Parameters(index = "1", paramLabel = "SIGNAL", description = "As explain names it.")
    private String signal = "";

    @Option(names = "--note", description = "Text handed to the step.")
    private @Nullable String data;

    Approve(String path) {
      this.path = path;
    }

    @Override
    int run(Client client) throws Trouble, InterruptedException {
      ObjectNode body = object();
      put(body, "signal", signal);
      put(body, "data", data);
      return change(client, "POST", path + "/" + encodeParts(id) + "/approve", body);
    }
  }

  @Command(
      description = "Says whether an effect of unknown outcome happened.",
      mixinStandardHelpOptions = true)
  static final class Choose extends ChangeCommand {
    @Parameters(index = "0", paramLabel = "OPERATION")
    private String id = "";

    @Option(
        names = "--happened",
        negatable = true,
        required = true,
        description = "It did: go on. Or --no-happened: run it again.")
    private boolean happened;

    @Override
    int run(Client client) throws Trouble, InterruptedException {
      ObjectNode body = object();
      body.put("happened", happened);
      return change(client, "POST", OPERATIONS + "/" + encodeParts(id) + "/choose", body);
    }
  }

  @Command(description = "Makes a token and prints it, once.", mixinStandardHelpOptions = true)
  static final class CreateToken extends ChangeCommand {
    @Parameters(paramLabel = "NAME")
    private String name = "";

    @Option(names = "--role", required = true, description = "operator, reader or application.")
    private String role = "";

    @Option(
        names = "--tenant",
        paramLabel = "ID",
        description = "For an application: it sees this one.")
    private List<String> tenants = new ArrayList<>();

    @Option(
        names = "--tenant-tag",
        paramLabel = "TAG",
        description = "For an application: it sees those with all of these.")
    private List<String> tags = new ArrayList<>();

    @Option(
        names = "--holder",
        paramLabel = "PERSON",
        description = "A word for who will have it (default: who asks).")
    private @Nullable String holder;

    @Option(
        names = "--expires",
        paramLabel = "TIME",
        description = "Like 2027-01-01T00:00:00Z (default: never).")
    private @Nullable String expires;

    @Override
    int run(Client client) throws Trouble, InterruptedException {
      ObjectNode body = object();
      put(body, "name", name);
      put(body, "role", role);
      put(body, "expires", expires);
      put(body, "holder", holder);
      ObjectNode scope = object();
      put(scope, "tenants", tenants);
      put(scope, "tags", tags);
      if (!scope.isEmpty()) {
        body.set("scope", scope);
      }
      Client.Answer answer = send(client, "POST", TOKENS, body);
      if (json()) {
        print(answer.body());
      } else if (answer.body().hasNonNull("token")) {
        out().println(answer.body().path("token").asText());
        err().println("copyhold: keep it, it is not shown again");
      } else {
        out().println("dry run: the token would be made");
      }
      return ExitStatus.OK;
    }
  }

  @Command(description = "Revokes a token.", mixinStandardHelpOptions = true)
  static final class RevokeToken extends ChangeCommand {
    @Parameters(paramLabel = "ID")
    private String id = "";

    @Option(names = "--reason", description = "For the history.")
    private @Nullable String reason;

    @Override
    int run(Client client) throws Trouble, InterruptedException {
      String query = reason == null ? "" : "?reason=" + encode(reason);
      return change(client, "DELETE", TOKENS + "/" + encode(id) + query, null);
    }
  }

  @Command(description = "Passes over the event that fails.", mixinStandardHelpOptions = true)
  static final class Skip extends ChangeCommand {
    @Parameters(index = "0", paramLabel = "TYPE/ID")
    private String id = "";

    @Parameters(index = "1", paramLabel = "VERSION", description = "Of the event that fails.")
    private long version;

    @Override
    int run(Client client) throws Trouble, InterruptedException {
      ObjectNode body = object();
      body.put("version", version);
      return change(client, "POST", QUARANTINE + "/" + encodeParts(id) + "/skip", body);
    }
  }

  @Command(
      description = "Goes back to a version before the event that fails.",
      mixinStandardHelpOptions = true)
  static final class Restore extends ChangeCommand {
    @Parameters(index = "0", paramLabel = "TYPE/ID")
    private String id = "";

    @Parameters(index = "1", paramLabel = "VERSION", description = "The last one to keep.")
    private long version;

    @Override
    int run(Client client) throws Trouble, InterruptedException {
      ObjectNode body = object();
      body.put("version", version);
      return change(client, "POST", QUARANTINE + "/" + encodeParts(id) + "/restore", body);
    }
  }

  @Command(
      name = "events",
      description = "Prints what changes, as it changes.",
      mixinStandardHelpOptions = true)
  static final class Events extends ApiCommand {
    @Option(names = "--type", description = "Only entities of this type.")
    private @Nullable String type;

    @Option(names = "--id", description = "Only the entity of this id.")
    private @Nullable String id;

    @Option(
        names = "--since",
        paramLabel = "OFFSET",
        description = "Begin after the event of this offset, or with the first event: start.")
    private @Nullable String since;

    @Option(names = "--limit", paramLabel = "N", description = "End after so many events.")
    private long limit = Long.MAX_VALUE;

    @Option(
        names = {"-f", "--follow"},
        description = "Until interrupted; this is what it does without --limit, too.")
    private boolean follow;

    @Override
    int run(Client client) throws Trouble, InterruptedException {
      StringBuilder path = new StringBuilder("/v1/events/watch?");
      if (type != null) {
        path.append("type=").append(encode(type)).append('&');
      }
      if (id != null) {
        path.append("id=").append(encode(id));
      }
      long[] left = {follow ? Long.MAX_VALUE : limit};
      new EventReader(client, since)
          .read(
              path.toString(),
              true,
              event -> {
                show(event);
                return --left[0] > 0;
              });
      return ExitStatus.OK;
    }

    private void show(JsonNode event) {
      if (json()) {
        out().println(event);
      } else {
        out()
            .println(
                event.path("at").asText()
                    + " "
                    + event.path("type").asText()
                    + "/"
                    + event.path("id").asText()
                    + "@"
                    + event.path("version").asText()
                    + " "
                    + event.path("name").asText()
                    + " "
                    + event.path("summary").path("state").asText());
      }
      out().flush();
    }
  }
}
