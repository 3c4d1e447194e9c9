package io.copyhold.runtime.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Origin;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.data.StatusData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class OpenTelemetryTelemetryTest {
  private static final String PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  private static final EntityRef ACME = new EntityRef("tenant", "acme-secret-name");
  private static final TelemetrySettings SETTINGS =
      new TelemetrySettings(null, 1, 100, Duration.ofSeconds(1));

  private final InMemorySpanExporter spans = InMemorySpanExporter.create();
  private final Metrics metrics = new Metrics("test");
  private final OpenTelemetryTelemetry telemetry =
      new OpenTelemetryTelemetry(SETTINGS, "node", metrics, SimpleSpanProcessor.create(spans));

  @AfterEach
  void close() {
    telemetry.close();
  }

  private SpanData onlySpan() {
    List<SpanData> finished = spans.getFinishedSpanItems();
    assertThat(finished).hasSize(1);
    return finished.getFirst();
  }

  @Test
  void aCommandContinuesItsCallersTraceAndHandsItOn() {
    Telemetry.Observation seen =
        telemetry.command(ACME, "provision", Origin.of("token:x").withTraceparent(PARENT));
    seen.end("applied");
    SpanData span = onlySpan();
    assertThat(span.getTraceId()).isEqualTo("0af7651916cd43dd8448eb211c80319c");
    assertThat(span.getParentSpanId()).isEqualTo("b7ad6b7169203331");
    assertThat(span.getName()).isEqualTo("tenant provision");
    assertThat(seen.origin().traceparent())
        .isEqualTo("00-" + span.getTraceId() + "-" + span.getSpanId() + "-01");
  }

  @Test
  void aStepAfterARestartIsInTheSameTrace() {
    Telemetry.Observation command =
        telemetry.command(ACME, "provision", Origin.of("token:x").withTraceparent(PARENT));
    command.end("applied");
    Telemetry.Observation step =
        telemetry.step(
            ACME.operation("provision/1"), "provision", "create-home", 2, command.origin());
    step.end("failed");
    SpanData span = spans.getFinishedSpanItems().getLast();
    assertThat(span.getTraceId()).isEqualTo("0af7651916cd43dd8448eb211c80319c");
    assertThat(span.getName()).isEqualTo("provision/create-home");
    assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusData.error().getStatusCode());
  }

  @Test
  void whatIsNoTraceContextBeginsANewTrace() {
    for (String nonsense :
        List.of(
            "x",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            PARENT + PARENT)) {
      spans.reset();
      telemetry.command(ACME, "x", Origin.of("a").withTraceparent(nonsense)).end("applied");
      assertThat(onlySpan().getParentSpanContext().isValid()).as(nonsense).isFalse();
    }
  }

  @Test
  void aCallersDecisionNotToSampleIsKept() {
    String unsampled = PARENT.substring(0, PARENT.length() - 2) + "00";
    Telemetry.Observation seen =
        telemetry.command(ACME, "x", Origin.of("a").withTraceparent(unsampled));
    seen.end("applied");
    assertThat(spans.getFinishedSpanItems()).isEmpty();
    assertThat(seen.origin().traceparent())
        .startsWith("00-0af7651916cd43dd8448eb211c80319c-")
        .endsWith("-00");
  }

  @Test
  void numbersAreCountedByTypeAndOutcomeAndNameNoTenant() {
    telemetry.command(ACME, "provision", Origin.of("token:x")).end("applied");
    telemetry.command(ACME, "provision", Origin.of("token:x")).end("refused");
    telemetry
        .step(ACME.operation("provision/1"), "provision", "create-home", 1, Origin.SYSTEM)
        .end("done");
    telemetry.operationEnded("provision", "done");
    telemetry.live("tenant", 1);
    telemetry.live("tenant", 1);
    telemetry.live("tenant", -1);
    metrics.gauge("copyhold_feed_lag_ms", "Lag.", () -> 7);
    metrics.gaugeLater(
        "copyhold_agenda_rows", "Rows.", () -> CompletableFuture.completedFuture(42L));
    metrics.scrape();
    String text = metrics.scrape();
    assertThat(text)
        .contains("copyhold_commands_total{entity=\"tenant\",outcome=\"applied\"} 1.0")
        .contains("copyhold_commands_total{entity=\"tenant\",outcome=\"refused\"} 1.0")
        .contains("copyhold_command_seconds_count{entity=\"tenant\"} 2")
        .contains("copyhold_command_seconds_bucket{entity=\"tenant\",le=\"10.0\"} 2")
        .contains(
            "copyhold_steps_total{operation=\"provision\",outcome=\"done\",step=\"create-home\"} 1.0")
        .contains("copyhold_operations_ended_total{operation=\"provision\",outcome=\"done\"} 1.0")
        .contains("copyhold_entities_live{entity=\"tenant\"} 1.0")
        .contains("copyhold_feed_lag_ms 7.0")
        .contains("copyhold_agenda_rows 42.0")
        .contains("copyhold_info{version=\"test\"} 1")
        .contains("jvm_memory_heap_used_bytes")
        .doesNotContain("acme-secret-name");
  }

  @Test
  void aCollectorThatIsAwayHoldsNobodyUp() {
    try (OpenTelemetryTelemetry away =
        OpenTelemetryTelemetry.start(
            new TelemetrySettings("http://127.0.0.1:1", 1, 10, Duration.ofMillis(100)),
            "node",
            new Metrics("test"))) {
      for (int i = 0; i < 1_000; i++) {
        away.command(ACME, "x", Origin.of("a")).end("applied");
      }
      assertThat(away.command(ACME, "x", Origin.of("a")).origin().traceparent()).isNotNull();
    }
  }
}
