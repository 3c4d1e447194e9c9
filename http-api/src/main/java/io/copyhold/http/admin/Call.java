package io.copyhold.http.admin;

import io.copyhold.http.auth.Principal;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One request, after the gate: known to be allowed, complete and within its limits.
 *
 * @param values what the path holds, by name
 * @param query by name, in order
 * @param headers by name in lower case
 * @param principal who asks; null on the open routes
 */
public record Call(
    Route route,
    Map<String, String> values,
    Map<String, List<String>> query,
    Map<String, String> headers,
    byte[] body,
    @Nullable Principal principal,
    TraceContext trace,
    Duration waitMax) {

  public String value(String name) {
    String value = values.get(name);
    if (value == null) {
      throw new IllegalStateException(route.name() + " has no {" + name + "}");
    }
    return value;
  }

  public Principal who() {
    if (principal == null) {
      throw new IllegalStateException(route.name() + " is open");
    }
    return principal;
  }

  public List<String> all(String name) {
    return query.getOrDefault(name, List.of());
  }

  /** The one value of a query parameter. */
  public Optional<String> one(String name) {
    List<String> found = all(name);
    if (found.size() > 1) {
      throw malformed("parameter-repeated", name + " may be given once", name);
    }
    return found.stream().findFirst();
  }

  /** The one value of a query parameter, read as what it should be. */
  public <T> Optional<T> one(String name, String form, Function<String, T> read) {
    return one(name)
        .map(text -> {
          try {
            return read.apply(text);
          } catch (IllegalArgumentException | java.time.DateTimeException e) {
            throw malformed("parameter-malformed", name + " must be " + form, name);
          }
        });
  }

  public int number(String name, int otherwise, int min, int max) {
    int value = one(name, "a whole number", Integer::parseInt).orElse(otherwise);
    if (value < min || value > max) {
      throw malformed("parameter-out-of-range", name + " must be " + min + " to " + max, name);
    }
    return value;
  }

  public long number(String name, long otherwise) {
    long value = one(name, "a whole number", Long::parseLong).orElse(otherwise);
    if (value < 0) {
      throw malformed("parameter-out-of-range", name + " must not be negative", name);
    }
    return value;
  }

  public boolean dryRun() {
    return one("dryRun", "true or false", Call::bool).orElse(false);
  }

  static boolean bool(String text) {
    return switch (text) {
      case "true", "" -> true;
      case "false" -> false;
      default -> throw new IllegalArgumentException(text);
    };
  }

  public @Nullable String header(String name) {
    return headers.get(name);
  }

  /** Who asks, with the trace, the idempotency key and the version the caller expects. */
  public Origin origin() {
    return new Origin(
        who().origin(), trace.traceparent(), header("idempotency-key"), expectedVersion());
  }

  private @Nullable Long expectedVersion() {
    String match = header("if-match");
    if (match == null || match.equals("*")) {
      return null;
    }
    String digits =
        match.length() > 2 && match.startsWith("\"") && match.endsWith("\"")
            ? match.substring(1, match.length() - 1)
            : "";
    if (!digits.matches("[0-9]{1,18}")) {
      throw new ProblemException(
          Problem.of(
                  Problem.Kind.MALFORMED,
                  "if-match-malformed",
                  "If-Match must be one version in quotes, as an ETag shows it")
              .at("If-Match")
              .todo("send If-Match: \"7\""));
    }
    return Long.valueOf(digits);
  }

  /** The body as a record; every problem names the place in it. */
  public <B> B body(Class<B> type) {
    return Bodies.read(body, header("content-type"), type);
  }

  /** Waits for an answer of the cluster, within the limit. */
  public <T> T await(CompletionStage<T> stage) throws InterruptedException {
    try {
      return stage.toCompletableFuture().get(waitMax.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof ProblemException problem) {
        throw problem;
      }
      throw new IllegalStateException("the cluster could not answer", e.getCause());
    } catch (TimeoutException e) {
      throw new ProblemException(
          Problem.unavailable(
                  "no-answer", "there was no answer within " + waitMax.toSeconds() + " s")
              .todo("repeat it with the same idempotency key"),
          e);
    }
  }

  static ProblemException malformed(String code, String what, String parameter) {
    return new ProblemException(Problem.of(Problem.Kind.MALFORMED, code, what).at("?" + parameter));
  }
}
