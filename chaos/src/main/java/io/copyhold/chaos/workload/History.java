package io.copyhold.chaos.workload;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.chaos.workload.Call.Outcome;
import io.copyhold.runtime.journal.Mappers;
import java.io.BufferedWriter;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What all clients asked and heard, in one file of JSON lines: one line when something is asked
 * ({@code invoke}), one when its outcome is known ({@code ok}, {@code fail}, {@code unknown}), and
 * one for each thing the nemesis did ({@code nemesis}). A call without a second line is unknown.
 */
public final class History implements Closeable {
  private final BufferedWriter file;
  private final LongSupplier nanos;
  private final long begin;
  private final List<Call> calls = new ArrayList<>();
  private long last;

  /**
   * @param nanos a clock that never goes back
   */
  public History(Path file, LongSupplier nanos) throws IOException {
    this.file = Files.newBufferedWriter(file);
    this.nanos = nanos;
    this.begin = nanos.getAsLong();
  }

  /** Writes down that it is asked now. */
  public synchronized Call begin(
      String client,
      String workload,
      String entity,
      String register,
      String op,
      @Nullable String key,
      JsonNode argument) {
    Call call =
        new Call(
            ++last,
            client,
            workload,
            entity,
            register,
            op,
            key,
            argument,
            nanos.getAsLong() - begin,
            Long.MAX_VALUE,
            Outcome.UNKNOWN,
            Mappers.JSON.nullNode());
    calls.add(call);
    ObjectNode line = line(call.id(), call.invoked(), "invoke");
    line.put("client", client)
        .put("workload", workload)
        .put("entity", entity)
        .put("register", register)
        .put("op", op);
    if (key != null) {
      line.put("key", key);
    }
    line.set("value", argument);
    write(line);
    return call;
  }

  /** Writes down that its outcome is known now. */
  public synchronized Call end(Call call, Outcome outcome, JsonNode answer) {
    long now = nanos.getAsLong() - begin;
    Call ended = ended(call, outcome, now, answer);
    calls.set((int) call.id() - 1, ended);
    ObjectNode line = line(call.id(), now, outcome.name().toLowerCase(java.util.Locale.ROOT));
    line.set("value", answer);
    write(line);
    return ended;
  }

  /** Writes down what was done to the cluster. */
  public synchronized void nemesis(String what) {
    write(line(0, nanos.getAsLong() - begin, "nemesis").put("value", what));
  }

  public synchronized List<Call> calls() {
    return List.copyOf(calls);
  }

  private static Call ended(Call call, Outcome outcome, long now, JsonNode answer) {
    return new Call(
        call.id(),
        call.client(),
        call.workload(),
        call.entity(),
        call.register(),
        call.op(),
        call.key(),
        call.argument(),
        call.invoked(),
        outcome == Outcome.UNKNOWN ? Long.MAX_VALUE : now,
        outcome,
        answer);
  }

  private static ObjectNode line(long call, long at, String kind) {
    return Mappers.JSON.createObjectNode().put("call", call).put("at", at).put("kind", kind);
  }

  private void write(JsonNode line) {
    try {
      file.write(Mappers.JSON.writeValueAsString(line));
      file.newLine();
    } catch (IOException e) {
      throw new UncheckedIOException("the history cannot be written", e);
    }
  }

  /** The calls of a file, as {@link #calls} gave them. */
  public static List<Call> read(Path file) throws IOException {
    Map<Long, Call> calls = new LinkedHashMap<>();
    for (String text : Files.readAllLines(file)) {
      JsonNode line = parse(file, text);
      String kind = line.path("kind").asText();
      long id = line.path("call").asLong();
      if (kind.equals("invoke")) {
        calls.put(
            id,
            new Call(
                id,
                line.path("client").asText(),
                line.path("workload").asText(),
                line.path("entity").asText(),
                line.path("register").asText(),
                line.path("op").asText(),
                line.hasNonNull("key") ? line.path("key").asText() : null,
                line.path("value"),
                line.path("at").asLong(),
                Long.MAX_VALUE,
                Outcome.UNKNOWN,
                Mappers.JSON.nullNode()));
      } else if (!kind.equals("nemesis")) {
        Outcome outcome = Outcome.valueOf(kind.toUpperCase(java.util.Locale.ROOT));
        calls.computeIfPresent(
            id, (_, call) -> ended(call, outcome, line.path("at").asLong(), line.path("value")));
      }
    }
    return List.copyOf(calls.values());
  }

  private static JsonNode parse(Path file, String text) throws IOException {
    try {
      return Mappers.JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new IOException(file + " has a line that is not JSON", e);
    }
  }

  @Override
  public synchronized void close() throws IOException {
    file.close();
  }
}
