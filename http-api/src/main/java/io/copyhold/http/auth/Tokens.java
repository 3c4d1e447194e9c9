package io.copyhold.http.auth;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.entity.Entities;
import io.copyhold.runtime.entity.Reply;
import java.time.Instant;
import java.util.concurrent.CompletionStage;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Makes tokens. The only place that ever sees a secret, once. */
public final class Tokens {
  /** The id of the token that a new cluster begins with. */
  public static final String FIRST = "0000000000000001";

  /** Who holds it, until it is handed to somebody with a token of their own. */
  public static final String FIRST_HOLDER = "operator";

  private final Entities entities;
  private final RandomGenerator secrets;

  /**
   * @param secrets a {@link java.security.SecureRandom} outside of tests
   */
  public Tokens(Entities entities, RandomGenerator secrets) {
    this.entities = entities;
    this.secrets = secrets;
  }

  /** A token as it is handed out. */
  public record Made(TokenText text, Reply reply) {}

  /**
   * With an idempotency key a repeat makes no second token; it cannot show the secret again either.
   *
   * @param holder who will have it
   */
  public CompletionStage<Made> make(
      String name,
      Role role,
      @Nullable Scope scope,
      @Nullable Instant expires,
      @Nullable String holder,
      Origin origin,
      boolean dryRun) {
    String key = origin.idempotencyKey();
    String id = key == null ? TokenText.mintId(secrets) : TokenText.mintId(origin.principal(), key);
    TokenText text = TokenText.mint(id, secrets);
    EntityRef ref = new EntityRef(Token.TYPE.name(), id);
    var issue = new Token.Command.Issue(name, role, text.hash(), scope, expires, holder);
    // The id stands for the key: with the key, the new secret would look like its reuse for
    // something else.
    Origin keyless = origin.withKey(null);
    return (dryRun ? entities.dryRun(ref, issue, keyless) : entities.ask(ref, issue, keyless))
        .thenApply(reply -> new Made(text, reply));
  }

  /** A text for {@link #bootstrap}, valid once that says so. */
  public TokenText candidate() {
    return TokenText.mint(FIRST, secrets);
  }

  /**
   * Makes the candidate the operator token of a new cluster. Completes with false when the cluster
   * has had one before; fails with a {@link ProblemException} when the journal does not answer.
   *
   * <p>Write the candidate where only the operator can read it <em>before</em> this call: an answer
   * may be lost, and then only a repeat with the same candidate is safe.
   */
  public CompletionStage<Boolean> bootstrap(TokenText candidate) {
    return entities
        .ask(
            new EntityRef(Token.TYPE.name(), FIRST),
            new Token.Command.Issue(
                "first", Role.OPERATOR, candidate.hash(), null, null, FIRST_HOLDER),
            Origin.SYSTEM)
        .thenApply(reply ->
            switch (reply) {
              case Reply.Applied _ -> true;
              case Reply.Refused(var problem) when problem.code().equals("token-exists") -> false;
              case Reply.Refused(var problem) -> throw new ProblemException(problem);
              case Reply.NotNow(_, _, var problem) -> throw new ProblemException(problem);
            });
  }

  /** The token itself. */
  public static EntityRef of(Principal who) {
    return new EntityRef(Token.TYPE.name(), who.token());
  }

  /** For a token id in a path: refuses what cannot be one. */
  public static EntityRef ref(String id) {
    if (!id.matches("[0-9a-f]{16}")) {
      throw new ProblemException(
          Problem.notFound("token-not-found", "there is no such token")
              .at("/v1/tokens/{id}")
              .todo("the id is the part between the first two underscores of a token"));
    }
    return new EntityRef(Token.TYPE.name(), id);
  }
}
