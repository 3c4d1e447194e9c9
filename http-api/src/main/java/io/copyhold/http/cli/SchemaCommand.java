package io.copyhold.http.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code copyhold tenant schema} and {@code copyhold pool schema}. */
@Command(
    description =
        "Shows the schema versions that clients may speak in its home, plans the next, completes and"
            + " finalizes changes.",
    mixinStandardHelpOptions = true)
final class SchemaCommand extends ChangeCommand {
  private final String path;

  @Parameters(paramLabel = "ID")
  private String id = "";

  @ArgGroup(exclusive = true)
  private @Nullable What what;

  /** One of them. */
  static final class What {
    @Option(
        names = "--plan",
        description = "What the document of the next version would do; changes nothing.")
    private boolean plan;

    @Option(
        names = "--open",
        description =
            "Lets clients speak the version it has; they must before its first document is applied.")
    private boolean open;

    @Option(
        names = "--complete",
        paramLabel = "VERSION",
        description = "Refuses clients of the version before; can still be taken back.")
    private @Nullable String complete;

    @Option(
        names = "--finalize",
        paramLabel = "VERSION",
        description = "Drops what only the version before had; nothing takes it back.")
    private @Nullable String finish;
  }

  SchemaCommand(String path) {
    this.path = path;
  }

  @Override
  int run(Client client) throws Trouble, InterruptedException {
    String schema = path + "/" + encode(id) + "/schema";
    What wanted = what;
    if (wanted != null && wanted.open) {
      return change(client, "POST", schema + "/open", object());
    }
    if (wanted != null && wanted.complete != null) {
      return turn(client, schema + "/complete", wanted.complete);
    }
    if (wanted != null && wanted.finish != null) {
      return turn(client, schema + "/finalize", wanted.finish);
    }
    boolean plan = wanted != null && wanted.plan;
    JsonNode found = client.get(plan ? schema + "/plan" : schema).body();
    if (json()) {
      print(found);
    } else if (plan) {
      out().print(found.path("plan").asText());
      out().flush();
    } else {
      show(found);
    }
    return ExitStatus.OK;
  }

  private int turn(Client client, String to, String version) throws Trouble, InterruptedException {
    ObjectNode body = object();
    put(body, "version", version);
    return change(client, "POST", to, body);
  }

  private void show(JsonNode found) {
    for (JsonNode change : found.path("changes")) {
      out()
          .println(
              change.path("number").asText()
                  + ". "
                  + change.path("name").asText()
                  + ": "
                  + change.path("before").asText()
                  + " to "
                  + change.path("version").asText()
                  + ", "
                  + change.path("state").asText());
    }
    if (found.path("live").isEmpty()) {
      out().println("clients use the tables; no document was applied");
    }
    for (JsonNode live : found.path("live")) {
      out()
          .println(
              "live: SET search_path = \""
                  + live.path("schema").asText()
                  + "\"; SET copyhold.version = '"
                  + live.path("version").asText()
                  + "'");
    }
  }
}
