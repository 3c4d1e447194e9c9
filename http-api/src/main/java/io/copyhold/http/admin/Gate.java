package io.copyhold.http.admin;

import io.copyhold.http.auth.Authenticator;
import io.copyhold.http.auth.Permission;
import io.copyhold.http.auth.Principal;
import io.copyhold.http.auth.RateLimits;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpEntity;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.scaladsl.model.EntityStreamSizeException;
import org.apache.pekko.http.scaladsl.model.IllegalUriException;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Sink;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What every request passes, in this order: the route is known; the token holds and its rate is not
 * used up; its role has the permission; the parameters are known; the body is there within its
 * limits. Then the route.
 *
 * <p>Runs each request on a thread of the executor, which should be a virtual one: routes may
 * block.
 */
final class Gate {
  private static final Logger log = LoggerFactory.getLogger(Gate.class);

  private final ActorSystem<?> system;
  private final RouteTable routes;
  private final Authenticator authenticator;
  private final RateLimits rates;
  private final RateLimits strangers;
  private final AdminSettings settings;
  private final Executor executor;
  private final RandomGenerator random;

  Gate(
      ActorSystem<?> system,
      RouteTable routes,
      Authenticator authenticator,
      RateLimits rates,
      RateLimits strangers,
      AdminSettings settings,
      Executor executor,
      RandomGenerator random) {
    this.system = system;
    this.routes = routes;
    this.authenticator = authenticator;
    this.rates = rates;
    this.strangers = strangers;
    this.settings = settings;
    this.executor = executor;
    this.random = random;
  }

  /**
   * Never fails.
   *
   * @param remote the peer's address
   * @param last whether to close the connection after this answer
   */
  CompletionStage<HttpResponse> handle(HttpRequest request, String remote, BooleanSupplier last) {
    CompletableFuture<HttpResponse> answer = new CompletableFuture<>();
    executor.execute(() -> answer.complete(respond(request, remote, last)));
    return answer;
  }

  private HttpResponse respond(HttpRequest request, String remote, BooleanSupplier last) {
    TraceContext trace = TraceContext.of(header(request, "traceparent"), random);
    Body body = new Body(request.entity());
    Answer answer;
    try {
      answer = answer(request, body, remote, trace);
    } catch (HttpProblem problem) {
      answer = problem.answer();
    } catch (ProblemException problem) {
      answer = Problems.answer(problem.problem());
    } catch (InterruptedException e) {
      answer = Problems.answer(Problem.unavailable("stopping", "this node is stopping"));
    } catch (Exception | StackOverflowError fault) {
      log.atError()
          .addKeyValue("trace_id", trace.traceId())
          .addKeyValue("method", request.method().name())
          .setCause(fault)
          .log("a request failed");
      answer =
          Problems.answer(
              Problem.of(Problem.Kind.FAULT, "fault", "something is wrong with Copyhold itself")
                  .todo("look for trace " + trace.traceId() + " in the node's log"));
    }
    boolean close = last.getAsBoolean() || !body.taken();
    body.dropRest();
    return Rendering.response(answer, trace, close);
  }

  private Answer answer(HttpRequest request, Body body, String remote, TraceContext trace)
      throws Exception {
    String path = request.getUri().getPathString();
    Route.Match match = routes.find(request.method().name(), segments(request), path);
    Principal principal =
        match.permission() == null
            ? null
            : admit(header(request, "authorization"), match.permission(), remote);
    Map<String, List<String>> query = query(request, match.route());
    byte[] bytes = body.read(match.route().bodyBytesMax());
    Map<String, String> headers = new LinkedHashMap<>();
    for (HttpHeader header : request.getHeaders()) {
      headers.putIfAbsent(header.lowercaseName(), header.value());
    }
    headers.put("content-type", request.entity().getContentType().toString());
    return match
        .route()
        .handler()
        .handle(
            new Call(
                match.route(),
                match.values(),
                query,
                headers,
                bytes,
                principal,
                trace,
                settings.answerMax().dividedBy(2)));
  }

  private Principal admit(@Nullable String authorization, Permission permission, String remote)
      throws InterruptedException {
    refuseHaste(strangers.peek(remote));
    Principal principal;
    try {
      principal =
          authenticator
              .authenticate(authorization)
              .toCompletableFuture()
              .get(settings.answerMax().dividedBy(2).toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof ProblemException known) {
        if (known.problem().kind() == Problem.Kind.UNAUTHENTICATED && authorization != null) {
          strangers.take(remote);
        }
        throw known;
      }
      throw new IllegalStateException("the token could not be asked", e.getCause());
    } catch (TimeoutException e) {
      throw new ProblemException(
          Problem.unavailable("no-answer", "the token could not be checked in time"), e);
    }
    refuseHaste(rates.take(principal.token()));
    if (!principal.may(permission)) {
      throw new ProblemException(
          Problem.of(
                  Problem.Kind.FORBIDDEN,
                  "permission-missing",
                  "the role " + principal.role().word() + " has no permission " + permission.word())
              .todo("use a token of a role that has it, or ask an operator"));
    }
    return principal;
  }

  private static void refuseHaste(@Nullable Duration wait) {
    if (wait != null) {
      String seconds = Problems.seconds(wait);
      throw new HttpProblem(
          429,
          Problem.unavailable("rate-exceeded", "too many requests")
              .todo("wait " + seconds + " s, then go on more slowly"),
          Map.of("Retry-After", seconds));
    }
  }

  private static List<String> segments(HttpRequest request) {
    try {
      List<String> segments = new ArrayList<>();
      request.getUri().pathSegments().forEach(segments::add);
      return segments;
    } catch (IllegalUriException e) {
      throw new ProblemException(
          Problem.of(Problem.Kind.MALFORMED, "path-malformed", "the path cannot be read"), e);
    }
  }

  private static Map<String, List<String>> query(HttpRequest request, Route route) {
    Map<String, List<String>> query = new LinkedHashMap<>();
    List<Pair<String, String>> pairs;
    try {
      pairs = request.getUri().query().toList();
    } catch (IllegalUriException e) {
      throw new ProblemException(
          Problem.of(Problem.Kind.MALFORMED, "query-malformed", "the query cannot be read"), e);
    }
    for (Pair<String, String> pair : pairs) {
      if (pair.first().isEmpty() && pair.second().isEmpty()) {
        continue; // a question mark or ampersand with nothing after it
      }
      if (!route.parameters().contains(pair.first())) {
        throw new ProblemException(
            Problem.of(
                    Problem.Kind.MALFORMED,
                    "parameter-unknown",
                    "there is no query parameter \"" + pair.first() + "\" here")
                .at("?" + pair.first())
                .todo(
                    route.parameters().isEmpty()
                        ? "leave it out: this route takes none"
                        : "known are " + String.join(", ", route.parameters())));
      }
      query.computeIfAbsent(pair.first(), _ -> new ArrayList<>()).add(pair.second());
    }
    return query;
  }

  private static @Nullable String header(HttpRequest request, String name) {
    return request.getHeader(name).map(HttpHeader::value).orElse(null);
  }

  /** The body of one request: read whole, or not at all. */
  private final class Body {
    private final HttpEntity entity;
    private boolean taken;

    Body(org.apache.pekko.http.javadsl.model.RequestEntity entity) {
      this.entity = entity;
      this.taken = entity.isStrict();
    }

    boolean taken() {
      return taken;
    }

    byte[] read(int bytesMax) throws InterruptedException {
      if (entity.isKnownEmpty()) {
        return new byte[0];
      }
      if (bytesMax == 0) {
        throw new ProblemException(
            Problem.of(Problem.Kind.MALFORMED, "body-unexpected", "this route takes no body")
                .todo("send none"));
      }
      if (entity.getContentLengthOption().orElse(0) > bytesMax) {
        throw new ProblemException(tooLarge(bytesMax));
      }
      try {
        HttpEntity.Strict strict =
            entity
                .withSizeLimit(bytesMax)
                .toStrict(settings.bodyMax().toMillis(), bytesMax, system)
                .toCompletableFuture()
                .get();
        taken = true;
        return strict.getData().toArray();
      } catch (ExecutionException e) {
        taken = false;
        for (Throwable t = e; t != null; t = t.getCause()) {
          if (t instanceof EntityStreamSizeException) {
            throw new ProblemException(tooLarge(bytesMax), e);
          }
          if (t instanceof TimeoutException) {
            throw new HttpProblem(
                408,
                Problem.of(
                    Problem.Kind.MALFORMED,
                    "body-too-slow",
                    "the body did not arrive within " + settings.bodyMax().toSeconds() + " s"),
                Map.of());
          }
        }
        throw new ProblemException(
            Problem.of(Problem.Kind.MALFORMED, "body-unreadable", "the body did not arrive whole"),
            e);
      }
    }

    private Problem tooLarge(int bytesMax) {
      return Problem.of(
              Problem.Kind.TOO_LARGE,
              "body-too-large",
              "the body is larger than " + bytesMax + " bytes")
          .todo("send less at a time");
    }

    /**
     * The connection closes after the answer; until then a little is taken, so that the client can
     * read it.
     */
    void dropRest() {
      if (!taken) {
        entity
            .withoutSizeLimit()
            .getDataBytes()
            .takeWithin(Duration.ofSeconds(1))
            .runWith(Sink.ignore(), system);
      }
    }
  }

  static String peer(java.net.InetSocketAddress address) {
    return String.valueOf(address.getAddress()).toLowerCase(Locale.ROOT);
  }
}
