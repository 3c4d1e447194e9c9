package io.copyhold.http.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code copyhold tenant drift} and {@code copyhold pool drift}. */
@Command(
    description = "Shows what somebody changed in its home beside the changelog, and accepts it.",
    mixinStandardHelpOptions = true)
final class DriftCommand extends ChangeCommand {
  private final String path;

  @Parameters(paramLabel = "ID")
  private String id = "";

  @Option(
      names = "--accept",
      paramLabel = "DIGEST",
      description = "Takes the shape of this digest for good; changes nothing in the home.")
  private @Nullable String accept;

  DriftCommand(String path) {
    this.path = path;
  }

  @Override
  int run(Client client) throws Trouble, InterruptedException {
    String drift = path + "/" + encode(id) + "/drift";
    if (accept != null) {
      ObjectNode body = object();
      put(body, "digest", accept);
      return change(client, "POST", drift + "/accept", body);
    }
    JsonNode found = client.get(drift).body();
    if (json()) {
      print(found);
      return ExitStatus.OK;
    }
    found.path("removed").forEach(line -> out().println("- " + line.asText()));
    found.path("added").forEach(line -> out().println("+ " + line.asText()));
    if (!found.path("known").asBoolean()) {
      out().println("nothing to compare with: a migration stands half-way");
    } else if (found.path("removed").isEmpty() && found.path("added").isEmpty()) {
      out().println("as its last migration left it");
    } else {
      out().println("accept it with --accept " + found.path("digest").asText());
    }
    return ExitStatus.OK;
  }
}
