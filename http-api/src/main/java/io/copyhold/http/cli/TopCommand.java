package io.copyhold.http.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.PortAdapter;
import java.time.Duration;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code copyhold top}: the nodes and their load, again and again. */
@PortAdapter
@Command(
    name = "top",
    mixinStandardHelpOptions = true,
    description = "Shows the nodes and their load, again and again; ends on Ctrl-C.")
final class TopCommand extends ApiCommand {
  /** ANSI: to the upper left corner, and clear from there on. */
  private static final String CLEAR = "\u001b[H\u001b[2J";

  private static final double MEBIBYTE = 1 << 20;

  @Option(names = "--once", description = "Show it once.")
  private boolean once;

  @Option(
      names = "--every",
      paramLabel = "SECONDS",
      description = "Between two looks (default: ${DEFAULT-VALUE}).")
  private int everySeconds = 2;

  @Override
  int run(Client client) throws Trouble, InterruptedException {
    while (true) {
      JsonNode body = client.get("/v1/nodes?limit=1000").body();
      if (json()) {
        print(body);
      } else {
        if (!once) {
          out().print(CLEAR);
        }
        table(body).print(out());
      }
      out().flush();
      if (once) {
        return ExitStatus.OK;
      }
      Thread.sleep(Duration.ofSeconds(Math.clamp(everySeconds, 1, 3_600)));
    }
  }

  private static Table table(JsonNode body) {
    Table table =
        new Table(
            List.of(
                "node",
                "state",
                "cpu",
                "heap",
                "entities",
                "operations",
                "commands/s",
                "shards",
                "lag",
                "stalls",
                "note"));
    for (JsonNode node : body.path("items")) {
      table.row(
          List.of(
              node.path("name").asText(),
              node.path("state").asText(),
              node.path("cpuPercent").asText() + " %",
              Math.round(node.path("heapUsedBytes").asLong() / MEBIBYTE)
                  + "/"
                  + Math.round(node.path("heapMaxBytes").asLong() / MEBIBYTE)
                  + " MiB",
              node.path("entitiesLive").asText(),
              node.path("operationsRunning").asText(),
              node.path("commandsPerSecond").asText(),
              String.valueOf(NodeCommands.shards(node)),
              node.path("lagMs").asText() + " ms",
              node.path("pauses").path("count").asText(),
              note(node)));
    }
    return table;
  }

  private static String note(JsonNode node) {
    if (node.path("pauses").path("fenced").asBoolean()) {
      return "was asleep, asks whether it is still a member";
    }
    return node.path("tooNew").asLong() > 0
        ? "met " + node.path("tooNew").asLong() + " events of a newer version"
        : "";
  }
}
