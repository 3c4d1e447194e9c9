package io.copyhold.http.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.journal.Mappers;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Reads server-sent events and, when a stream breaks, goes on after the last one seen. */
@PortAdapter
final class EventReader {
  private static final int BREAKS_MAX = 60;
  private static final long PAUSE_MS = 1_000;

  private final Client client;
  private @Nullable String last;

  EventReader(Client client, @Nullable String after) {
    this.client = client;
    this.last = after;
  }

  /**
   * Hands each change on until {@code wanted} says that it is enough.
   *
   * @param endless whether the server never ends the stream by itself
   */
  void read(String path, boolean endless, Predicate<JsonNode> wanted)
      throws Trouble, InterruptedException {
    int breaks = 0;
    while (true) {
      try (InputStream in = client.stream(path, last);
          BufferedReader lines =
              new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
        String id = null;
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          if (line.startsWith("id: ")) {
            id = line.substring(4);
          } else if (line.startsWith("event: token")) {
            throw new Trouble(
                ExitStatus.REFUSED,
                "the token holds no longer",
                null,
                "get another from an operator");
          } else if (line.startsWith("data: ")) {
            JsonNode data = json(line.substring(6));
            if (data.has("problem")) {
              throw Trouble.of(data.path("status").asInt(), data);
            }
            if (data.has("type")) {
              breaks = 0;
              last = id == null ? last : id;
              if (!wanted.test(data)) {
                return;
              }
            }
          }
        }
        if (!endless) {
          return;
        }
      } catch (IOException broken) {
        breaks++;
      } catch (Trouble trouble) {
        if (trouble.status() != ExitStatus.NOT_NOW || ++breaks > BREAKS_MAX) {
          throw trouble;
        }
      }
      if (breaks > BREAKS_MAX) {
        throw new Trouble(
            ExitStatus.NOT_NOW, "the stream broke again and again", path, "try another node");
      }
      Thread.sleep(PAUSE_MS);
    }
  }

  private static JsonNode json(String text) {
    try {
      return Mappers.JSON.readTree(text);
    } catch (JsonProcessingException e) {
      return Mappers.JSON.missingNode();
    }
  }
}
