package io.copyhold.runtime.telemetry;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.PortAdapter;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.exporter.otlp.trace.OtlpGrpcSpanExporter;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SdkTracerProviderBuilder;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Traces by OpenTelemetry, numbers by {@link Metrics}. The trace travels in {@link
 * Origin#traceparent} (W3C Trace Context, version 00), so one trace goes from the request through
 * entities and steps, over nodes and restarts. Span names hold types and steps, attributes hold
 * ids.
 */
@PortAdapter
public final class OpenTelemetryTelemetry implements Telemetry, AutoCloseable {
  private static final Pattern TRACEPARENT =
      Pattern.compile("[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?");
  private static final AttributeKey<String> ENTITY = AttributeKey.stringKey("copyhold.entity");
  private static final AttributeKey<String> PRINCIPAL =
      AttributeKey.stringKey("copyhold.principal");
  private static final AttributeKey<String> OUTCOME = AttributeKey.stringKey("copyhold.outcome");
  private static final AttributeKey<Long> ATTEMPT = AttributeKey.longKey("copyhold.attempt");
  private static final Set<String> BAD = Set.of("fault", "failed", "failed-in-rollback");

  /** Spans still on their way when the node ends. */
  private static final long FLUSH_SECONDS = 5;

  private final SdkTracerProvider provider;
  private final Tracer tracer;
  private final Metrics metrics;

  /**
   * @param processor where spans go, or null: nowhere
   */
  OpenTelemetryTelemetry(
      TelemetrySettings settings, String node, Metrics metrics, @Nullable SpanProcessor processor) {
    SdkTracerProviderBuilder builder =
        SdkTracerProvider.builder()
            .setSampler(Sampler.parentBased(Sampler.traceIdRatioBased(settings.sampled())))
            .setResource(
                Resource.getDefault()
                    .merge(
                        Resource.builder()
                            .put("service.name", "copyhold")
                            .put("service.instance.id", node)
                            .build()));
    if (processor != null) {
      builder.addSpanProcessor(processor);
    }
    this.provider = builder.build();
    this.tracer = provider.get("io.copyhold");
    this.metrics = metrics;
  }

  /**
   * @param node as {@code service.instance.id} shows it
   */
  public static OpenTelemetryTelemetry start(
      TelemetrySettings settings, String node, Metrics metrics) {
    return new OpenTelemetryTelemetry(
        settings,
        node,
        metrics,
        settings.endpoint() == null
            ? null
            : BatchSpanProcessor.builder(
                    OtlpGrpcSpanExporter.builder()
                        .setEndpoint(settings.endpoint())
                        .setTimeout(settings.exportMax())
                        .build())
                .setMaxQueueSize(settings.queueMax())
                .setExporterTimeout(settings.exportMax())
                .build());
  }

  @Override
  public Observation command(EntityRef entity, String command, Origin origin) {
    Span span =
        begin(entity.type() + " " + command, SpanKind.SERVER, origin)
            .setAttribute(ENTITY, entity.toString())
            .setAttribute(PRINCIPAL, origin.principal())
            .startSpan();
    return observe(
        span, origin, (outcome, seconds) -> metrics.command(entity.type(), outcome, seconds));
  }

  @Override
  public Observation step(
      EntityRef operation, String type, String step, int attempt, Origin origin) {
    Span span =
        begin(type + "/" + step, SpanKind.INTERNAL, origin)
            .setAttribute(ENTITY, operation.toString())
            .setAttribute(ATTEMPT, (long) attempt)
            .startSpan();
    return observe(span, origin, (outcome, seconds) -> metrics.step(type, step, outcome, seconds));
  }

  @Override
  public void operationEnded(String type, String outcome) {
    metrics.operationEnded(type, outcome);
  }

  @Override
  public void live(String entityType, int delta) {
    metrics.live(entityType, delta);
  }

  /** Sends what waits, for a few seconds at most. */
  @Override
  public void close() {
    provider.shutdown().join(FLUSH_SECONDS, TimeUnit.SECONDS);
  }

  private SpanBuilder begin(String name, SpanKind kind, Origin origin) {
    SpanBuilder builder = tracer.spanBuilder(name).setSpanKind(kind);
    SpanContext parent = parent(origin.traceparent());
    return parent == null
        ? builder.setNoParent()
        : builder.setParent(Context.root().with(Span.wrap(parent)));
  }

  /** Null for what is no trace context: a caller's nonsense begins a new trace. */
  private static @Nullable SpanContext parent(@Nullable String traceparent) {
    if (traceparent == null) {
      return null;
    }
    Matcher m = TRACEPARENT.matcher(traceparent);
    if (!m.matches() || traceparent.startsWith("ff")) {
      return null;
    }
    SpanContext context =
        SpanContext.createFromRemoteParent(
            m.group(1), m.group(2), TraceFlags.fromHex(m.group(3), 0), TraceState.getDefault());
    return context.isValid() ? context : null;
  }

  private interface Count {
    void ended(String outcome, double seconds);
  }

  private static Observation observe(Span span, Origin origin, Count count) {
    SpanContext context = span.getSpanContext();
    Origin child =
        origin.withTraceparent(
            "00-"
                + context.getTraceId()
                + "-"
                + context.getSpanId()
                + "-"
                + context.getTraceFlags().asHex());
    return new Observed(span, child, System.nanoTime(), count);
  }

  private record Observed(Span span, Origin origin, long began, Count count)
      implements Observation {
    @Override
    public void end(String outcome) {
      span.setAttribute(OUTCOME, outcome);
      if (BAD.contains(outcome)) {
        span.setStatus(StatusCode.ERROR);
      }
      span.end();
      count.ended(outcome, (System.nanoTime() - began) / 1e9);
    }
  }
}
