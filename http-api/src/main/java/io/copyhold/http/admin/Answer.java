package io.copyhold.http.admin;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/**
 * What a route answers.
 *
 * @param headers besides the content type
 */
public record Answer(int status, Map<String, String> headers, Content content) {
  public Answer {
    headers = Map.copyOf(headers);
  }

  /** The body. */
  public sealed interface Content {
    record Json(String mediaType, JsonNode tree) implements Content {}

    record Text(String mediaType, String text) implements Content {}

    /** Bytes as they come: server-sent events. */
    record Stream(String mediaType, Source<ByteString, NotUsed> bytes) implements Content {}
  }

  public static Answer json(int status, JsonNode tree) {
    return new Answer(status, Map.of(), new Content.Json("application/json", tree));
  }

  public static Answer text(String mediaType, String text) {
    return new Answer(200, Map.of(), new Content.Text(mediaType, text));
  }

  public static Answer events(Source<ByteString, NotUsed> bytes) {
    return new Answer(
        200,
        Map.of("Cache-Control", "no-store", "X-Accel-Buffering", "no"),
        new Content.Stream("text/event-stream", bytes));
  }

  public Answer with(String header, String value) {
    Map<String, String> more = new LinkedHashMap<>(headers);
    more.put(header, value);
    return new Answer(status, more, content);
  }
}
