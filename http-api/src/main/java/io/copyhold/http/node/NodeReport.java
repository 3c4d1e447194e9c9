package io.copyhold.http.node;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.config.node.HandOver;
import io.copyhold.config.node.NodeSettings;
import io.copyhold.config.node.PauseWatch;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.entity.Quarantines;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.telemetry.Metrics;
import java.lang.management.ManagementFactory;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * What a node says of itself with each heartbeat: a JSON object of some 500 bytes. Never blocks.
 */
@PortAdapter
final class NodeReport implements Supplier<String> {
  private final NodeSettings settings;
  private final String version;
  private final IntSupplier httpPort;
  private final Metrics metrics;
  private final PauseWatch watch;
  private final Quarantines quarantines;
  private final ClusterNodes nodes;
  private final LongSupplier lagMs;
  private final BooleanSupplier leaving;
  private final Map<String, Integer> shards = new ConcurrentHashMap<>();
  private final com.sun.management.OperatingSystemMXBean system =
      (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
  private long lastNanos = System.nanoTime();
  private long lastCpu = system.getProcessCpuTime();
  private long lastCommands;

  NodeReport(
      NodeSettings settings,
      String version,
      IntSupplier httpPort,
      Metrics metrics,
      PauseWatch watch,
      Quarantines quarantines,
      ClusterNodes nodes,
      LongSupplier lagMs,
      BooleanSupplier leaving) {
    this.settings = settings;
    this.version = version;
    this.httpPort = httpPort;
    this.metrics = metrics;
    this.watch = watch;
    this.quarantines = quarantines;
    this.nodes = nodes;
    this.lagMs = lagMs;
    this.leaving = leaving;
  }

  @Override
  public synchronized String get() {
    long now = System.nanoTime();
    double seconds = Math.max(0.001, (now - lastNanos) / 1e9);
    long cpu = system.getProcessCpuTime();
    long commands = metrics.commandsSoFar();
    for (String type : nodes.types()) {
      var _ = nodes.shardsHere(type).thenAccept(count -> shards.put(type, count));
    }
    Map<String, Long> live = metrics.liveNow();
    long operations = live.getOrDefault(EntityRef.OPERATION, 0L);
    long entities = live.values().stream().mapToLong(Long::longValue).sum() - operations;
    var heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
    ObjectNode report =
        Mappers.JSON
            .createObjectNode()
            .put("version", version)
            .put("profile", settings.profile())
            .put("http", "http://" + settings.httpHost() + ":" + httpPort.getAsInt())
            .put("process", ProcessHandle.current().pid())
            .put("uptimeSeconds", ManagementFactory.getRuntimeMXBean().getUptime() / 1_000)
            .put("cpuPercent", Math.round((cpu - lastCpu) / 1e7 / seconds))
            .put("heapUsedBytes", heap.getUsed())
            .put("heapMaxBytes", heap.getMax())
            .put("entitiesLive", entities)
            .put("operationsRunning", operations)
            .put("commandsPerSecond", Math.round((commands - lastCommands) / seconds * 10) / 10.0)
            .put("lagMs", lagMs.getAsLong())
            .put("tooNew", quarantines.tooNewSoFar());
    report.putArray("roles").add("entities").add("api").add("view");
    report.set("shards", Mappers.JSON.valueToTree(new TreeMap<>(shards)));
    report
        .putObject("pauses")
        .put("count", watch.pauses().count())
        .put("longestMs", watch.pauses().longest().toMillis())
        .put("totalMs", watch.pauses().total().toMillis())
        .put("patienceMs", watch.patience().toMillis())
        .put("fenced", !watch.open());
    HandOver.write(report, leaving.getAsBoolean(), nodes.of(quarantines.tooNew()));
    lastNanos = now;
    lastCpu = cpu;
    lastCommands = commands;
    return report.toString();
  }
}
