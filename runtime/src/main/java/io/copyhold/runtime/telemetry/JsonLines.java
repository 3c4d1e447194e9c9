package io.copyhold.runtime.telemetry;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.encoder.EncoderBase;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.runtime.journal.Mappers;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.event.KeyValuePair;

/**
 * One JSON object per line: {@code time}, {@code level}, {@code logger}, {@code message}, each
 * key-value under its own name ({@code tenant}, {@code attempt}; a name taken already gets {@code
 * kv.} before it), {@code trace_id} where a key-value {@code traceparent} or the thread's context
 * has one, and {@code error} with the stack.
 */
public final class JsonLines extends EncoderBase<ILoggingEvent> {
  private static final Pattern TRACEPARENT = Pattern.compile("[0-9a-f]{2}-([0-9a-f]{32})-.*");

  /** Of a value or an error's text in characters: a line stays readable whatever is logged. */
  private static final int VALUE_MAX = 4_000;

  private static final int STACK_MAX = 16_000;

  @Override
  public byte[] headerBytes() {
    return new byte[0];
  }

  @Override
  public byte[] footerBytes() {
    return new byte[0];
  }

  @Override
  public byte[] encode(ILoggingEvent event) {
    ObjectNode line = Mappers.JSON.createObjectNode();
    line.put("time", event.getInstant().toString());
    line.put("level", event.getLevel().toString());
    line.put("logger", event.getLoggerName());
    line.put("message", cut(event.getFormattedMessage(), VALUE_MAX));
    event.getMDCPropertyMap().forEach((key, value) -> put(line, key, value));
    if (event.getKeyValuePairs() != null) {
      for (KeyValuePair pair : event.getKeyValuePairs()) {
        put(line, pair.key, pair.value);
      }
    }
    IThrowableProxy thrown = event.getThrowableProxy();
    if (thrown != null) {
      line.put("error", cut(ThrowableProxyUtil.asString(thrown), STACK_MAX));
    }
    try {
      return (Mappers.JSON.writeValueAsString(line) + "\n").getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("words and numbers are always JSON", e);
    }
  }

  private static void put(ObjectNode line, String key, Object value) {
    String name = line.has(key) ? "kv." + key : key;
    switch (value) {
      case Long number -> line.put(name, number);
      case Integer number -> line.put(name, number);
      case Boolean truth -> line.put(name, truth);
      case null -> line.putNull(name);
      default -> {
        String text = cut(String.valueOf(value), VALUE_MAX);
        Matcher trace = TRACEPARENT.matcher(text);
        if (key.equals("traceparent") && trace.matches()) {
          line.put("trace_id", trace.group(1));
        } else {
          line.put(name, text);
        }
      }
    }
  }

  private static String cut(String text, int max) {
    return text.length() <= max ? text : text.substring(0, max) + "…";
  }
}
