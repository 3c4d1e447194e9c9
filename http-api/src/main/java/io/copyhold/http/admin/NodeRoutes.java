package io.copyhold.http.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.journal.Mappers;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/** The nodes of the cluster and the shards that they hold; a node can be asked to leave. */
final class NodeRoutes {
  private static final String PATH = "/v1/nodes";
  private static final String ITEM = PATH + "/{name}";
  private static final int LIMIT = 100;
  private static final int LIMIT_MAX = 1_000;

  private final Nodes nodes;

  NodeRoutes(Nodes nodes) {
    this.nodes = nodes;
  }

  List<Route> routes() {
    return List.of(
        Route.get(PATH, this::list).taking("limit", "cursor"),
        Route.get(ITEM, this::read),
        Route.command("POST", ITEM + "/leave", call -> ask(call, Nodes.Request.LEAVE)),
        Route.command("POST", ITEM + "/restart", call -> ask(call, Nodes.Request.RESTART)),
        Route.get("/v1/shards", this::shards).taking("type", "limit", "cursor"));
  }

  private Answer list(Call call) {
    return Answer.json(200, page(call, nodes.nodes(), Nodes.Entry::name, NodeRoutes::tree));
  }

  private Answer read(Call call) {
    String name = call.value("name");
    return nodes.nodes().stream()
        .filter(node -> node.name().equals(name))
        .findFirst()
        .map(node -> Answer.json(200, tree(node)))
        .orElseThrow(() -> unknown(name));
  }

  private Answer ask(Call call, Nodes.Request request) {
    String name = call.value("name");
    if (call.dryRun()) {
      return read(call);
    }
    return nodes
        .ask(name, request)
        .map(node -> Answer.json(202, tree(node)).with("Location", PATH + "/" + name))
        .orElseThrow(() -> unknown(name));
  }

  private static ProblemException unknown(String name) {
    return new ProblemException(
        Problem.notFound("node-not-found", "there is no living node " + name)
            .todo("look at " + PATH));
  }

  private Answer shards(Call call) throws InterruptedException {
    String type = call.one("type").orElse("");
    List<Nodes.Shard> all =
        nodes.shards().stream().filter(s -> type.isEmpty() || s.type().equals(type)).toList();
    Map<String, Map<String, Long>> counts = new TreeMap<>();
    for (Nodes.Shard shard : all) {
      counts.computeIfAbsent(shard.type(), _ -> new TreeMap<>()).merge(shard.node(), 1L, Long::sum);
    }
    ObjectNode tree =
        page(
            call,
            all,
            shard -> "%s/%9s".formatted(shard.type(), shard.shard()).replace(' ', '0'),
            Mappers.JSON::valueToTree);
    tree.set("counts", Mappers.JSON.valueToTree(counts));
    return Answer.json(200, tree);
  }

  /** A cursor is the key of the last item before; so it holds on any node and at any time. */
  private static <T> ObjectNode page(
      Call call, List<T> all, Function<T, String> key, Function<T, ObjectNode> tree) {
    int limit = call.number("limit", LIMIT, 1, LIMIT_MAX);
    String cursor = call.one("cursor").orElse("");
    ObjectNode page = Mappers.JSON.createObjectNode();
    ArrayNode items = page.putArray("items");
    String last = "";
    for (T item : all.stream().sorted(java.util.Comparator.comparing(key)).toList()) {
      String here = key.apply(item);
      if (here.compareTo(cursor) <= 0) {
        continue;
      }
      if (items.size() == limit) {
        page.put("next", last);
        break;
      }
      items.add(tree.apply(item));
      last = here;
    }
    page.put("total", all.size());
    return page;
  }

  private static ObjectNode tree(Nodes.Entry node) {
    ObjectNode tree =
        Mappers.JSON
            .createObjectNode()
            .put("name", node.name())
            .put("address", node.address())
            .put("state", node.state())
            .put("incarnation", node.incarnation())
            .put("life", node.life())
            .put("silentMs", node.silentMs());
    node.report().properties().forEach(field -> tree.set(field.getKey(), field.getValue()));
    return tree;
  }
}
