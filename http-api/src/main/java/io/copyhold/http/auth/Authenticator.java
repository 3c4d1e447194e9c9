package io.copyhold.http.auth;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.entity.Entities;
import io.copyhold.runtime.entity.Reply;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * Tells who presents a token. A yes is remembered for a few seconds: so long may a revoked token
 * still work on another node. A no is not remembered; how often an address may be wrong is limited
 * by {@link RateLimits}.
 */
public final class Authenticator {
  private static final int REMEMBERED_MAX = 10_000;

  /** What was presented: the secret itself is not kept. */
  private record Presented(String id, String hash) {}

  private final Entities entities;
  private final Cache<Presented, Principal> remembered;
  private final AtomicLong forgotten = new AtomicLong();

  /**
   * @param remember at most 5 s: how long a revoked token may go on
   */
  public Authenticator(Entities entities, InstantSource clock, Duration remember) {
    if (remember.compareTo(Duration.ofSeconds(5)) > 0 || remember.isNegative()) {
      throw new IllegalArgumentException("copyhold.http.token-cache must be 0 to 5 s");
    }
    this.entities = entities;
    this.remembered =
        Caffeine.newBuilder()
            .maximumSize(REMEMBERED_MAX)
            .ticker(() -> {
              var now = clock.instant();
              return now.getEpochSecond() * 1_000_000_000L + now.getNano();
            })
            .expireAfterWrite(remember)
            .build();
  }

  /**
   * Completes with who it is, or fails with a {@link ProblemException}: unauthenticated, or
   * unavailable when the token cannot be asked now.
   *
   * @param authorization the header's value; null where there is none
   */
  public CompletionStage<Principal> authenticate(@Nullable String authorization) {
    if (authorization == null) {
      return CompletableFuture.failedFuture(
          new ProblemException(
              Problem.of(Problem.Kind.UNAUTHENTICATED, "token-missing", "this needs a token")
                  .at("Authorization")
                  .todo("send the header Authorization: Bearer <token>")));
    }
    Optional<TokenText> text =
        authorization.regionMatches(true, 0, "Bearer ", 0, 7)
            ? TokenText.parse(authorization.substring(7).strip())
            : Optional.empty();
    if (text.isEmpty()) {
      return CompletableFuture.failedFuture(
          new ProblemException(
              Problem.of(
                      Problem.Kind.UNAUTHENTICATED,
                      "token-malformed",
                      "this is no token of Copyhold's")
                  .at("Authorization")
                  .todo(
                      "send Authorization: Bearer chd_<id>_<secret>, as it was shown when it was made")));
    }
    Presented presented = new Presented(text.get().id(), text.get().hash());
    Principal known = remembered.getIfPresent(presented);
    return known != null ? CompletableFuture.completedFuture(known) : ask(presented);
  }

  private CompletionStage<Principal> ask(Presented presented) {
    long asked = forgotten.get();
    return entities
        .ask(
            new EntityRef(Token.TYPE.name(), presented.id),
            new Token.Command.Present(presented.hash),
            Origin.of("http"))
        .thenApply(reply ->
            switch (reply) {
              case Reply.Applied(_, _, var view, _, _) -> {
                Principal principal = principal(presented.id, view);
                remembered.put(presented, principal);
                if (forgotten.get() != asked) { // revoked while this answer was on its way
                  remembered.invalidate(presented);
                }
                yield principal;
              }
              case Reply.Refused(var problem) ->
                  throw new ProblemException(
                      problem.kind() == Problem.Kind.UNAUTHENTICATED
                          ? problem
                          : Token.Type.wrong());
              case Reply.NotNow(_, _, var problem) -> throw new ProblemException(problem);
            });
  }

  /** On this node a revoked token stops at once. */
  public void forget(String token) {
    forgotten.incrementAndGet();
    remembered.asMap().keySet().removeIf(presented -> presented.id.equals(token));
  }

  private static Principal principal(String id, JsonNode view) {
    Scope scope =
        view.has("tenants") || view.has("tenantTags")
            ? new Scope(words(view.path("tenants")), words(view.path("tenantTags")))
            : null;
    return new Principal(
        id, view.path("name").asText(), Role.of(view.path("role").asText()), scope);
  }

  private static Set<String> words(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false)
        .map(JsonNode::asText)
        .collect(Collectors.toSet());
  }
}
