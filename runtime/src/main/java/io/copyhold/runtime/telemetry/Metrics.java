package io.copyhold.runtime.telemetry;

import io.copyhold.runtime.PortAdapter;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.core.metrics.Info;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.DataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;

/**
 * The numbers of one node, in Prometheus' text form. Labels hold names of types, steps and outcomes
 * only, never an id: their number does not grow with tenants.
 */
@PortAdapter
public final class Metrics {
  /** Content type of {@link #scrape}. */
  public static final String CONTENT_TYPE = PrometheusTextFormatWriter.CONTENT_TYPE;

  private static final double[] SECONDS = {
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10
  };

  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final PrometheusTextFormatWriter writer =
      PrometheusTextFormatWriter.builder().setIncludeCreatedTimestamps(false).build();

  private final LongAdder commandsSoFar = new LongAdder();
  private final Map<String, LongAdder> liveNow = new ConcurrentHashMap<>();

  private final Counter commands =
      Counter.builder()
          .name("copyhold_commands_total")
          .help("Commands that entities answered.")
          .labelNames("entity", "outcome")
          .register(registry);
  private final Histogram commandSeconds =
      Histogram.builder()
          .name("copyhold_command_seconds")
          .help("From a command's arrival at its entity to its answer.")
          .labelNames("entity")
          .classicOnly()
          .classicUpperBounds(SECONDS)
          .register(registry);
  private final Counter steps =
      Counter.builder()
          .name("copyhold_steps_total")
          .help("Attempts of operation steps.")
          .labelNames("operation", "step", "outcome")
          .register(registry);
  private final Histogram stepSeconds =
      Histogram.builder()
          .name("copyhold_step_seconds")
          .help("Duration of an attempt of a step.")
          .labelNames("operation", "step")
          .classicOnly()
          .classicUpperBounds(0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 1_800)
          .register(registry);
  private final Counter operationsEnded =
      Counter.builder()
          .name("copyhold_operations_ended_total")
          .help("Operations that came to their end.")
          .labelNames("operation", "outcome")
          .register(registry);
  private final Gauge live =
      Gauge.builder()
          .name("copyhold_entities_live")
          .help("Entities in memory on this node.")
          .labelNames("entity")
          .register(registry);

  /**
   * @param version of Copyhold, as {@code copyhold_info} shows it
   */
  public Metrics(String version) {
    Info.builder()
        .name("copyhold_info")
        .help("The version that runs.")
        .labelNames("version")
        .register(registry)
        .setLabelValues(version);
    jvm();
  }

  void command(String entity, String outcome, double seconds) {
    commandsSoFar.increment();
    commands.labelValues(entity, outcome).inc();
    commandSeconds.labelValues(entity).observe(seconds);
  }

  void step(String operation, String step, String outcome, double seconds) {
    steps.labelValues(operation, step, outcome).inc();
    stepSeconds.labelValues(operation, step).observe(seconds);
  }

  void operationEnded(String operation, String outcome) {
    operationsEnded.labelValues(operation, outcome).inc();
  }

  void live(String entity, int delta) {
    live.labelValues(entity).inc(delta);
    liveNow.computeIfAbsent(entity, _ -> new LongAdder()).add(delta);
  }

  /** Commands that entities of this node answered since it started. */
  public long commandsSoFar() {
    return commandsSoFar.sum();
  }

  /** Entities in memory on this node, by type. */
  public Map<String, Long> liveNow() {
    Map<String, Long> now = new TreeMap<>();
    liveNow.forEach((type, count) -> now.put(type, count.sum()));
    return now;
  }

  /** A number that is asked for at each scrape; {@code value} must not block. */
  public void gauge(String name, String help, DoubleSupplier value) {
    GaugeWithCallback.builder()
        .name(name)
        .help(help)
        .callback(callback -> callback.call(value.getAsDouble()))
        .register(registry);
  }

  /** A number that takes a while: a scrape shows the one asked for at the scrape before. */
  public void gaugeLater(
      String name, String help, Supplier<? extends CompletionStage<? extends Number>> value) {
    AtomicReference<Double> last = new AtomicReference<>(Double.NaN);
    gauge(
        name,
        help,
        () -> {
          value
              .get()
              .whenComplete((number, failure) ->
                  last.set(failure == null ? number.doubleValue() : Double.NaN));
          return last.get();
        });
  }

  /**
   * A counter or gauge as it is now, summed over its labels; empty when there is none of this name,
   * or it has no value yet. The name is as scraped: a counter's with {@code _total}.
   */
  public OptionalDouble value(String name) {
    OptionalDouble sum = OptionalDouble.empty();
    String bare = name.endsWith("_total") ? name.substring(0, name.length() - 6) : name;
    for (MetricSnapshot metric : registry.scrape(other -> other.equals(bare))) {
      for (DataPointSnapshot point : metric.getDataPoints()) {
        double value =
            switch (point) {
              case CounterSnapshot.CounterDataPointSnapshot counter -> counter.getValue();
              case GaugeSnapshot.GaugeDataPointSnapshot gauge -> gauge.getValue();
              default -> Double.NaN;
            };
        if (!Double.isNaN(value)) {
          sum = OptionalDouble.of(sum.orElse(0) + value);
        }
      }
    }
    return sum;
  }

  /** All of them, in Prometheus' text form 0.0.4. */
  public String scrape() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      writer.write(out, registry.scrape());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toString(StandardCharsets.UTF_8);
  }

  private void jvm() {
    var memory = ManagementFactory.getMemoryMXBean();
    var threads = ManagementFactory.getThreadMXBean();
    var runtime = ManagementFactory.getRuntimeMXBean();
    var system = ManagementFactory.getOperatingSystemMXBean();
    gauge(
        "jvm_memory_heap_used_bytes", "Heap in use.", () -> memory.getHeapMemoryUsage().getUsed());
    gauge("jvm_memory_heap_max_bytes", "Heap limit.", () -> memory.getHeapMemoryUsage().getMax());
    gauge("jvm_threads", "Platform threads.", threads::getThreadCount);
    gauge("jvm_uptime_seconds", "Since the process began.", () -> runtime.getUptime() / 1e3);
    gauge(
        "jvm_gc_seconds",
        "Spent in garbage collection since the process began.",
        () ->
            ManagementFactory.getGarbageCollectorMXBeans().stream()
                    .mapToLong(GarbageCollectorMXBean::getCollectionTime)
                    .sum()
                / 1e3);
    gauge(
        "system_load_average",
        "Of the machine over the last minute; -1 where unknown.",
        system::getSystemLoadAverage);
  }
}
