package io.copyhold.http.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.journal.Mappers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.ResponseEntity;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.Connection;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;

/** Turns an {@link Answer} into what Pekko sends. */
final class Rendering {
  private Rendering() {}

  static HttpResponse response(Answer answer, TraceContext trace, boolean close) {
    List<HttpHeader> headers = new ArrayList<>();
    answer.headers().forEach((name, value) -> headers.add(RawHeader.create(name, value)));
    headers.add(RawHeader.create("traceparent", trace.traceparent()));
    headers.add(RawHeader.create("X-Content-Type-Options", "nosniff"));
    if (close) {
      headers.add(Connection.create("close"));
    }
    return HttpResponse.create()
        .withStatus(StatusCodes.get(answer.status()))
        .addHeaders(headers)
        .withEntity(entity(answer.content(), trace));
  }

  private static ResponseEntity entity(Answer.Content content, TraceContext trace) {
    return switch (content) {
      case Answer.Content.Json(var mediaType, var tree) ->
          HttpEntities.create(ContentTypes.parse(mediaType), bytes(traced(mediaType, tree, trace)));
      case Answer.Content.Text(var mediaType, var text) ->
          HttpEntities.create(ContentTypes.parse(mediaType), text.getBytes(StandardCharsets.UTF_8));
      case Answer.Content.Stream(var mediaType, var source) ->
          HttpEntities.createChunked(ContentTypes.parse(mediaType), source);
    };
  }

  /** A problem says under which trace the log knows it. */
  private static JsonNode traced(String mediaType, JsonNode tree, TraceContext trace) {
    return mediaType.equals(Problems.MEDIA_TYPE)
        ? ((ObjectNode) tree).put("instance", "urn:copyhold:trace:" + trace.traceId())
        : tree;
  }

  private static byte[] bytes(JsonNode tree) {
    try {
      return Mappers.JSON.writeValueAsBytes(tree);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree is always writable", e);
    }
  }

  /** For requests that never reach a route. */
  static HttpResponse refusal(int status, Problem problem, String traceId) {
    return response(
        Problems.answer(status, problem),
        new TraceContext("00-" + traceId + "-0000000000000001-00", traceId),
        true);
  }
}
