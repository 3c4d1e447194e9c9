package io.copyhold.config.secret;

import io.copyhold.runtime.ProblemException;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Where secrets are kept. Calls may block: make them on virtual threads or start-up threads.
 *
 * <p>Every call throws {@link ProblemException}: {@code secrets-away} when the store cannot be
 * reached now (try again), {@code secret-unreadable} when what is stored cannot be opened.
 */
public interface Secrets {
  /** Keeps the secret under that name, replacing what was there. Durable on return. */
  void put(SecretRef ref, Secret secret);

  /** The secret of that name. */
  Optional<Secret> get(SecretRef ref);

  /**
   * The secret of that name, made first when there is none. Of several callers at once, all get the
   * same: so a step that runs twice finds the password of its first run.
   */
  Secret getOrPut(SecretRef ref, Supplier<Secret> make);

  /**
   * Forgets the secret.
   *
   * @return whether there was one
   */
  boolean delete(SecretRef ref);

  /**
   * The secret of that name, which must exist.
   *
   * @throws ProblemException {@code secret-missing}
   */
  default Secret require(SecretRef ref) {
    return get(ref)
        .orElseThrow(() ->
            new ProblemException(
                "secret-missing",
                "There is no secret " + ref + ".",
                "Put it, or correct the reference."));
  }
}
