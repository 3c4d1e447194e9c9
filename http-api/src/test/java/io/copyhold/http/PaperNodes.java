package io.copyhold.http;

import io.copyhold.http.admin.Nodes;
import io.copyhold.runtime.journal.Mappers;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/** Two nodes and their shards, on paper; remembers what was asked of them. */
public final class PaperNodes implements Nodes {
  public final List<String> asked = new CopyOnWriteArrayList<>();

  private static Entry node(int number, int shards) {
    var report =
        Mappers.JSON
            .createObjectNode()
            .put("version", "0.1.0")
            .put("profile", "machine")
            .put("http", "http://127.0.0.1:740" + number)
            .put("process", 100 + number)
            .put("uptimeSeconds", 60)
            .put("cpuPercent", 12)
            .put("heapUsedBytes", 64_000_000)
            .put("heapMaxBytes", 512_000_000)
            .put("entitiesLive", 7)
            .put("operationsRunning", 1)
            .put("commandsPerSecond", 2.5)
            .put("lagMs", 3)
            .put("tooNew", 0);
    report.putArray("roles").add("entities").add("api").add("view");
    report.putObject("shards").put("tenant", shards);
    report
        .putObject("pauses")
        .put("count", 1)
        .put("longestMs", 300)
        .put("totalMs", 300)
        .put("patienceMs", 2_000)
        .put("fenced", false);
    return new Entry(
        "node-" + number, "pekko://copyhold@127.0.0.1:741" + number, "up", 1, "k3", 20, report);
  }

  @Override
  public List<Entry> nodes() {
    return List.of(node(1, 2), node(2, 1));
  }

  @Override
  public List<Shard> shards() {
    return List.of(
        new Shard("tenant", "2", "node-1", 3),
        new Shard("tenant", "10", "node-2", 0),
        new Shard("store", "1", "node-1", 4));
  }

  @Override
  public Optional<Entry> ask(String name, Request request) {
    Optional<Entry> found = nodes().stream().filter(n -> n.name().equals(name)).findFirst();
    found.ifPresent(_ -> asked.add(request + " " + name));
    return found;
  }
}
