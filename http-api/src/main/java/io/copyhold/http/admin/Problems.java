package io.copyhold.http.admin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.Reply;
import io.copyhold.runtime.journal.Mappers;
import java.time.Duration;
import java.util.Locale;

/** The one place where a problem becomes {@code application/problem+json} (RFC 9457). */
public final class Problems {
  static final String MEDIA_TYPE = "application/problem+json";
  private static final String TYPE = "urn:copyhold:problem:";

  private Problems() {}

  public static Answer answer(Problem problem) {
    Answer answer = answer(problem.kind().status(), problem);
    return switch (problem.kind()) {
      case UNAUTHENTICATED -> answer.with("WWW-Authenticate", "Bearer realm=\"copyhold\"");
      case UNAVAILABLE -> answer.with("Retry-After", "1");
      default -> answer;
    };
  }

  static Answer answer(int status, Problem problem) {
    return new Answer(
        status,
        java.util.Map.of("Cache-Control", "no-store"),
        new Answer.Content.Json(MEDIA_TYPE, tree(status, problem)));
  }

  /** Not now: when to come again, and whether the command may have been applied. */
  static Answer answer(Reply.NotNow notNow) {
    ObjectNode tree = tree(503, notNow.problem());
    tree.put("outcomeKnown", notNow.outcomeKnown());
    return new Answer(
            503,
            java.util.Map.of("Cache-Control", "no-store"),
            new Answer.Content.Json(MEDIA_TYPE, tree))
        .with("Retry-After", seconds(notNow.retryAfter()));
  }

  /** At least 1: clients take 0 for "at once". */
  static String seconds(Duration wait) {
    return String.valueOf(Math.max(1, wait.plusMillis(999).toSeconds()));
  }

  private static ObjectNode tree(int status, Problem problem) {
    ObjectNode tree = Mappers.JSON.createObjectNode();
    tree.put("type", TYPE + problem.code());
    tree.put("title", title(problem.code()));
    tree.put("status", status);
    tree.put("detail", problem.what());
    if (problem.where() != null) {
      tree.put("where", problem.where());
    }
    if (problem.todo() != null) {
      tree.put("todo", problem.todo());
    }
    return tree;
  }

  /** {@code tenant-exists} reads "Tenant exists". */
  private static String title(String code) {
    String words = code.replace('-', ' ');
    return words.isEmpty()
        ? words
        : words.substring(0, 1).toUpperCase(Locale.ROOT) + words.substring(1);
  }
}
