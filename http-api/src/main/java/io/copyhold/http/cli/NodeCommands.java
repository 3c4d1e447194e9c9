package io.copyhold.http.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.config.node.RunningSupervisor;
import io.copyhold.http.node.DataOption;
import io.copyhold.runtime.PortAdapter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code copyhold node …} and {@code copyhold shard …}. */
@PortAdapter
final class NodeCommands {
  private static final String NODES = "/v1/nodes";
  private static final Duration LOOK = Duration.ofMillis(250);

  private NodeCommands() {}

  static Group nodes() {
    return new Group("node", "Nodes: the processes of the cluster.")
        .add("list", new ListCommand())
        .add("show", new Show())
        .add("leave", new Leave())
        .add("restart", new Restart())
        .add("start", new Start());
  }

  static Group shards() {
    return new Group("shard", "Shards: which node has which entities.").add("list", new Shards());
  }

  @Command(description = "Lists the nodes.", mixinStandardHelpOptions = true)
  static final class ListCommand extends ApiCommand {
    @Override
    int run(Client client) throws Trouble, InterruptedException {
      JsonNode body = client.get(NODES + "?limit=1000").body();
      if (json()) {
        print(body);
        return ExitStatus.OK;
      }
      Table table =
          new Table(
              List.of("name", "state", "version", "http", "process", "uptime", "shards", "stalls"));
      for (JsonNode node : body.path("items")) {
        table.row(
            List.of(
                node.path("name").asText(),
                node.path("state").asText(),
                node.path("version").asText(),
                node.path("http").asText(),
                node.path("process").asText(),
                node.path("uptimeSeconds").asText() + " s",
                String.valueOf(shards(node)),
                node.path("pauses").path("count").asText()
                    + " (longest "
                    + node.path("pauses").path("longestMs").asText()
                    + " ms)"));
      }
      table.print(out());
      return ExitStatus.OK;
    }
  }

  static long shards(JsonNode node) {
    long sum = 0;
    for (JsonNode count : node.path("shards")) {
      sum += count.asLong();
    }
    return sum;
  }

  @Command(description = "Shows one node.", mixinStandardHelpOptions = true)
  static final class Show extends ApiCommand {
    @Parameters(paramLabel = "NAME")
    private String name = "";

    @Override
    int run(Client client) throws Trouble, InterruptedException {
      JsonNode body = client.get(NODES + "/" + encode(name)).body();
      if (json()) {
        print(body);
      } else {
        Table.tree(out(), body, "");
      }
      return ExitStatus.OK;
    }
  }

  @Command(
      description = {
        "Asks a node to hand its shards over, leave, and stay away.",
        "'copyhold node start NAME' on its machine brings it back."
      },
      mixinStandardHelpOptions = true)
  static final class Leave extends ChangeCommand {
    @Parameters(paramLabel = "NAME")
    private String name = "";

    @Override
    int run(Client client) throws Trouble, InterruptedException {
      Client.Answer answer = send(client, "POST", NODES + "/" + encode(name) + "/leave", null);
      if (json()) {
        print(answer.body());
      } else {
        out().println(name + (answer.status() == 202 ? " leaves" : " would leave"));
      }
      return ExitStatus.OK;
    }
  }

  @Command(
      description = "Restarts one node, or all of them one after the other, with nothing lost.",
      mixinStandardHelpOptions = true)
  static final class Restart extends ChangeCommand {
    @Parameters(paramLabel = "NAME", arity = "0..1")
    private @Nullable String name;

    @Option(names = "--all", description = "All nodes, one after the other.")
    private boolean all;

    @Option(
        names = "--limit",
        paramLabel = "SECONDS",
        description = "For one node to come back (default: ${DEFAULT-VALUE}).")
    private int limitSeconds = 180;

    @Override
    int run(Client client) throws Trouble, InterruptedException {
      if ((name == null) != all) {
        throw new Trouble(ExitStatus.USAGE, "name one node, or all of them with --all", null, null);
      }
      List<JsonNode> wanted = new ArrayList<>();
      for (JsonNode node : client.get(NODES + "?limit=1000").body().path("items")) {
        if (all || node.path("name").asText().equals(name)) {
          wanted.add(node);
        }
      }
      if (wanted.isEmpty()) {
        throw new Trouble(
            ExitStatus.REFUSED, "there is no node " + name, null, "look at 'copyhold node list'");
      }
      for (JsonNode node : wanted) {
        one(client, node.path("name").asText(), node.path("life").asText());
      }
      return ExitStatus.OK;
    }

    private void one(Client client, String node, String life) throws Trouble, InterruptedException {
      Client.Answer answer = send(client, "POST", NODES + "/" + encode(node) + "/restart", null);
      if (answer.status() != 202) {
        out().println(node + " would restart");
        return;
      }
      out().println(node + " restarts");
      out().flush();
      long end = System.nanoTime() + Duration.ofSeconds(limitSeconds).toNanos();
      while (true) {
        Thread.sleep(LOOK);
        for (JsonNode now : client.get(NODES + "?limit=1000").body().path("items")) {
          if (now.path("name").asText().equals(node)
              && !now.path("life").asText().equals(life)
              && now.path("state").asText().equals("up")) {
            out().println(node + " is back");
            out().flush();
            return;
          }
        }
        if (System.nanoTime() - end > 0) {
          throw new Trouble(
              ExitStatus.NOT_NOW,
              node + " did not come back within " + limitSeconds + " s",
              null,
              "look at its log before the next node is restarted");
        }
      }
    }
  }

  @Command(
      description = "Starts a node of this machine again that has left.",
      mixinStandardHelpOptions = true)
  static final class Start implements Callable<Integer> {
    @Parameters(paramLabel = "NAME")
    private String name = "";

    @Mixin private DataOption data = new DataOption();

    @Override
    public Integer call() throws Exception {
      RunningSupervisor.start(data.directory(), name);
      System.out.println(name + " starts; see 'copyhold status'");
      return ExitStatus.OK;
    }
  }

  @Command(description = "Says which node has which shards.", mixinStandardHelpOptions = true)
  static final class Shards extends ApiCommand {
    @Option(names = "--type", description = "Of this type of entity alone.")
    private @Nullable String type;

    @Option(names = "--each", description = "One line per shard, not only the counts.")
    private boolean each;

    @Override
    int run(Client client) throws Trouble, InterruptedException {
      JsonNode body =
          client
              .get("/v1/shards?limit=1000" + (type == null ? "" : "&type=" + encode(type)))
              .body();
      if (json()) {
        print(body);
        return ExitStatus.OK;
      }
      Table table =
          each
              ? new Table(List.of("type", "shard", "node", "entities"))
              : new Table(List.of("type", "node", "shards"));
      if (each) {
        for (JsonNode shard : body.path("items")) {
          table.row(
              List.of(
                  shard.path("type").asText(),
                  shard.path("shard").asText(),
                  shard.path("node").asText(),
                  shard.path("entities").asText()));
        }
      } else {
        body.path("counts")
            .properties()
            .forEach(kind ->
                kind.getValue()
                    .properties()
                    .forEach(node ->
                        table.row(
                            List.of(kind.getKey(), node.getKey(), node.getValue().asText()))));
      }
      table.print(out());
      return ExitStatus.OK;
    }
  }
}
