package io.copyhold.runtime.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import ch.qos.logback.core.OutputStreamAppender;
import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.journal.Mappers;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class JsonLinesTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private Logger log;

  @BeforeEach
  void start() {
    LoggerContext context = new LoggerContext();
    context.setMDCAdapter(new LogbackMDCAdapter());
    JsonLines encoder = new JsonLines();
    encoder.setContext(context);
    encoder.start();
    OutputStreamAppender<ch.qos.logback.classic.spi.ILoggingEvent> appender =
        new OutputStreamAppender<>();
    appender.setContext(context);
    appender.setEncoder(encoder);
    appender.setOutputStream(out);
    appender.start();
    log = context.getLogger("io.copyhold.Test");
    log.addAppender(appender);
  }

  private JsonNode line() throws IOException {
    String text = out.toString(StandardCharsets.UTF_8);
    assertThat(text).endsWith("\n").containsOnlyOnce("\n");
    return Mappers.JSON.readTree(text);
  }

  @Test
  void aLineHasMessageKeyValuesAndTrace() throws IOException {
    log.atInfo()
        .addKeyValue("tenant", "ac\"me\n")
        .addKeyValue("attempt", 3)
        .addKeyValue("level", "taken")
        .addKeyValue("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        .log("provisioned");
    JsonNode line = line();
    assertThat(line.path("message").asText()).isEqualTo("provisioned");
    assertThat(line.path("level").asText()).isEqualTo("INFO");
    assertThat(line.path("kv.level").asText()).isEqualTo("taken");
    assertThat(line.path("logger").asText()).isEqualTo("io.copyhold.Test");
    assertThat(line.path("tenant").asText()).isEqualTo("ac\"me\n");
    assertThat(line.path("attempt").isInt()).isTrue();
    assertThat(line.path("trace_id").asText()).isEqualTo("0af7651916cd43dd8448eb211c80319c");
    assertThat(line.has("traceparent")).isFalse();
    assertThat(line.path("time").asText()).endsWith("Z");
  }

  @Test
  void anErrorHasItsStackAndNothingIsEndless() throws IOException {
    log.atError()
        .addKeyValue("big", "x".repeat(100_000))
        .addKeyValue("none", (Object) null)
        .setCause(new IllegalStateException("broken"))
        .log("failed");
    JsonNode line = line();
    assertThat(line.path("error").asText())
        .contains("IllegalStateException: broken")
        .contains("JsonLinesTest");
    assertThat(line.path("big").asText()).hasSizeLessThan(5_000);
    assertThat(line.path("none").isNull()).isTrue();
  }
}
