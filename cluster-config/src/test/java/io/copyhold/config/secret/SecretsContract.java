package io.copyhold.config.secret;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.copyhold.runtime.ProblemException;
import java.security.SecureRandom;
import java.util.Collections;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** What all keepers of secrets promise. */
abstract class SecretsContract {
  private static final SecretRef REF = SecretRef.parse("secret:stores/s1/admin");

  /** On what is empty when the test begins. */
  abstract Secrets open();

  @Test
  void theLastOneKeptIsFoundAndOneThatIsGoneIsMadeAnew() {
    Secrets secrets = open();
    assertThat(secrets.get(REF)).isEmpty();
    assertThatThrownBy(() -> secrets.require(REF))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("secret:stores/s1/admin");
    secrets.put(REF, Secret.of("first"));
    secrets.put(REF, Secret.of("second"));
    assertThat(secrets.require(REF).reveal()).isEqualTo("second");
    assertThat(secrets.getOrPut(REF, () -> Secret.of("third")).reveal()).isEqualTo("second");
    assertThat(secrets.delete(REF)).isTrue();
    assertThat(secrets.delete(REF)).isFalse();
    assertThat(secrets.getOrPut(REF, () -> Secret.of("third")).reveal()).isEqualTo("third");
    assertThat(secrets.require(REF).reveal()).isEqualTo("third");
  }

  @Test
  void ofSeveralWhoMakeOneAllGetTheSame() throws Exception {
    Secrets secrets = open();
    SecureRandom random = new SecureRandom();
    Callable<Secret> caller = () -> secrets.getOrPut(REF, () -> Secret.random(random));
    Set<String> seen = new HashSet<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      for (Future<Secret> secret : threads.invokeAll(Collections.nCopies(8, caller))) {
        seen.add(secret.get().reveal());
      }
    }
    assertThat(seen).hasSize(1);
  }
}
