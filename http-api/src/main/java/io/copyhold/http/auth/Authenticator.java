package io.copyhold.http.auth;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.entity.Entities;
import io.copyhold.runtime.entity.Reply;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * Tells who presents a token.
 *
 * <ol>
 *   <li>A yes is remembered for a few seconds: so long may a revoked token still work on a node
 *       that has not heard of it. After half of them it is asked again beside the requests, so that
 *       nobody waits for a token on its way to another node.
 *   <li>After that the token is asked again, once for all who present it meanwhile. When it cannot
 *       be asked (its node sleeps or has just died), the last yes stands for it, for a bounded time
 *       and never past the token's expiry: one node that is gone must not lock operators out of the
 *       others.
 *   <li>A no is not remembered; how often an address may be wrong is limited by {@link RateLimits}.
 * </ol>
 */
@PortAdapter
public final class Authenticator {
  private static final int REMEMBERED_MAX = 10_000;
  private static final Duration CACHE_MAX = Duration.ofSeconds(5);

  /** An answer that has not come for so long is not waited for by others. */
  private static final Duration ASKED_MAX = Duration.ofSeconds(10);

  private static final Duration TRUST_MAX = Duration.ofMinutes(5);

  /**
   * How far a yes may be trusted.
   *
   * @param cache at most 5 s: how long it is not asked again
   * @param patience how long a token that said yes before is asked, before that answer is taken
   * @param trust at most 5 min: how old that answer may be; zero for never
   */
  public record Trust(Duration cache, Duration patience, Duration trust) {
    public Trust {
      within("copyhold.http.token-cache", cache, CACHE_MAX);
      within("copyhold.http.token-trust", trust, TRUST_MAX);
      within("copyhold.http.token-patience", patience, TRUST_MAX);
    }

    private static void within(String key, Duration value, Duration max) {
      if (value.isNegative() || value.compareTo(max) > 0) {
        throw new IllegalArgumentException(key + " must be 0 to " + max.toSeconds() + " s");
      }
    }
  }

  /** What was presented: the secret itself is not kept. */
  private record Presented(String id, String hash) {}

  /**
   * A yes.
   *
   * @param expires when the token does; null for never
   */
  private record Yes(Principal principal, Instant at, @Nullable Instant expires) {
    boolean holds(Instant now, Duration age) {
      return now.isBefore(at.plus(age)) && (expires == null || now.isBefore(expires));
    }
  }

  /** A token that is being asked. */
  private record Asking(CompletableFuture<Principal> answer, Instant since) {}

  private final Entities entities;
  private final InstantSource clock;
  private final Trust trust;
  private final Cache<Presented, Yes> remembered =
      Caffeine.newBuilder().maximumSize(REMEMBERED_MAX).build();
  private final Map<Presented, Asking> asking = new ConcurrentHashMap<>();
  private final AtomicLong forgotten = new AtomicLong();

  public Authenticator(Entities entities, InstantSource clock, Trust trust) {
    this.entities = entities;
    this.clock = clock;
    this.trust = trust;
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
    Yes known = remembered.getIfPresent(presented);
    Instant now = clock.instant();
    if (known != null && known.holds(now, trust.cache)) {
      if (!known.holds(now, trust.cache.dividedBy(2))) {
        var _ = asked(presented, now); // for who comes later
      }
      return CompletableFuture.completedFuture(known.principal);
    }
    Asking asked = asked(presented, now);
    if (known == null || !known.holds(now, trust.trust)) {
      return asked.answer.copy();
    }
    Duration left = trust.patience.minus(Duration.between(asked.since, now));
    CompletableFuture<Principal> answer = asked.answer.copy(); // a late one counts for the next
    return (left.isPositive() || answer.isDone()
            ? answer.orTimeout(Math.max(1, left.toMillis()), TimeUnit.MILLISECONDS)
            : CompletableFuture.<Principal>failedFuture(new TimeoutException()))
        .exceptionally(failure -> standIn(presented, failure));
  }

  /** Asks it, unless it is being asked. */
  private Asking asked(Presented presented, Instant now) {
    Asking mine = new Asking(new CompletableFuture<>(), now);
    Asking asked =
        asking.merge(
            presented, mine, (old, fresh) -> now.isBefore(old.since.plus(ASKED_MAX)) ? old : fresh);
    if (asked == mine) {
      var _ =
          ask(presented)
              .whenComplete((principal, failure) -> {
                asking.remove(presented, mine);
                if (failure == null) {
                  mine.answer.complete(principal);
                } else {
                  mine.answer.completeExceptionally(failure);
                }
              });
    }
    return asked;
  }

  private CompletionStage<Principal> ask(Presented presented) {
    long asked = forgotten.get();
    return entities
        .dryRun( // it stores nothing, so whoever carries it may send it again
            new EntityRef(Token.TYPE.name(), presented.id),
            new Token.Command.Present(presented.hash),
            Origin.of("http"))
        .thenApply(reply ->
            switch (reply) {
              case Reply.Applied(_, _, var view, _, _) -> {
                Yes yes = yes(presented.id, view);
                remembered.put(presented, yes);
                if (forgotten.get() != asked) { // revoked while this answer was on its way
                  remembered.invalidate(presented);
                }
                yield yes.principal;
              }
              case Reply.Refused(var problem) -> {
                remembered.invalidate(presented);
                throw new ProblemException(
                    problem.kind() == Problem.Kind.UNAUTHENTICATED ? problem : Token.Type.wrong());
              }
              case Reply.NotNow(_, _, var problem) -> throw new ProblemException(problem);
            });
  }

  /** The last yes, unless the token said no or was revoked meanwhile. */
  private Principal standIn(Presented presented, Throwable failure) {
    Throwable cause = failure.getCause() == null ? failure : failure.getCause();
    Yes yes = remembered.getIfPresent(presented);
    if (yes != null && yes.holds(clock.instant(), trust.trust)) {
      return yes.principal;
    }
    throw cause instanceof ProblemException known
        ? known
        : new ProblemException(
            Problem.unavailable("no-answer", "the token could not be checked in time"));
  }

  /** On this node a revoked token stops at once. */
  public void forget(String token) {
    forgotten.incrementAndGet();
    remembered.asMap().keySet().removeIf(presented -> presented.id.equals(token));
    asking.keySet().removeIf(presented -> presented.id.equals(token));
  }

  /** Revocations may have been missed: every token is asked again. */
  public void forgetAll() {
    forgotten.incrementAndGet();
    remembered.invalidateAll();
    asking.clear();
  }

  private Yes yes(String id, JsonNode view) {
    Scope scope =
        view.has("tenants") || view.has("tenantTags")
            ? new Scope(words(view.path("tenants")), words(view.path("tenantTags")))
            : null;
    return new Yes(
        new Principal(id, view.path("name").asText(), Role.of(view.path("role").asText()), scope),
        clock.instant(),
        view.hasNonNull("expires") ? Instant.parse(view.get("expires").asText()) : null);
  }

  private static Set<String> words(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false)
        .map(JsonNode::asText)
        .collect(Collectors.toSet());
  }
}
