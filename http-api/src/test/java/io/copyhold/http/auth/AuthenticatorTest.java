package io.copyhold.http.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.entity.Entities;
import io.copyhold.runtime.entity.Reply;
import io.copyhold.runtime.journal.Mappers;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class AuthenticatorTest {
  private static final TokenText TOKEN = TokenText.mint("00000000000000aa", new Random(1));
  private static final String HEADER = "Bearer " + TOKEN.reveal();
  private static final Duration MILLI = Duration.ofMillis(1);

  private Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private CompletionStage<Reply> answer = yes(null);
  private int asked;
  private final Authenticator authenticator =
      new Authenticator(
          new Paper(),
          () -> now,
          new Authenticator.Trust(Duration.ofSeconds(5), MILLI, Duration.ofSeconds(60)));

  @Test
  void aYesIsNotAskedAgainForAWhile() {
    assertThat(who().name()).isEqualTo("ci");
    now = now.plusSeconds(2);
    who();
    assertThat(asked).isEqualTo(1);
    now = now.plusSeconds(3);
    who();
    assertThat(asked).isEqualTo(2);
  }

  @Test
  void whileAYesHoldsItIsAskedBesideTheRequests() {
    who();
    CompletableFuture<Reply> late = new CompletableFuture<>();
    answer = late;
    now = now.plusSeconds(3);
    who(); // does not wait
    who();
    assertThat(asked).as("once for all").isEqualTo(2);
    now = now.plusSeconds(1);
    late.complete(yes(null).toCompletableFuture().join());
    now = now.plusSeconds(2);
    who();
    assertThat(asked).as("the yes is as new as its answer").isEqualTo(2);
  }

  @Test
  void whoComesWhileATokenIsAskedWaitsForThatAnswer() {
    CompletableFuture<Reply> late = new CompletableFuture<>();
    answer = late;
    List<CompletionStage<Principal>> waiting =
        List.of(authenticator.authenticate(HEADER), authenticator.authenticate(HEADER));
    assertThat(asked).isEqualTo(1);
    late.complete(yes(null).toCompletableFuture().join());
    for (CompletionStage<Principal> each : waiting) {
      assertThat(each.toCompletableFuture().join().name()).isEqualTo("ci");
    }
  }

  @Test
  void aRevocationEndsWhatIsBeingAsked() {
    CompletableFuture<Reply> late = new CompletableFuture<>();
    answer = late;
    var _ = authenticator.authenticate(HEADER);
    authenticator.forget(TOKEN.id());
    answer = CompletableFuture.completedFuture(new Reply.Refused(Token.Type.wrong()));
    assertThatThrownBy(this::who).isInstanceOf(CompletionException.class);
    late.complete(yes(null).toCompletableFuture().join());
    assertThatThrownBy(this::who).isInstanceOf(CompletionException.class);
    assertThat(asked).isEqualTo(3);
  }

  @Test
  void aTokenThatDoesNotAnswerKeepsItsLastYesForAWhile() {
    who();
    answer = new CompletableFuture<>();
    now = now.plusSeconds(49);
    assertThat(who().name()).isEqualTo("ci");
    now = now.plusSeconds(11); // that attempt is given up
    answer = CompletableFuture.completedFuture(notNow());
    refused("away");
  }

  @Test
  void aTokenThatCannotBeReachedKeepsItsLastYesForAWhile() {
    who();
    answer = CompletableFuture.completedFuture(notNow());
    now = now.plusSeconds(59);
    assertThat(who().name()).isEqualTo("ci");
    now = now.plusSeconds(1);
    refused("away");
  }

  @Test
  void aTokenNeverSeenIsNotLetInWhileItDoesNotAnswer() {
    answer = CompletableFuture.completedFuture(notNow());
    refused("away");
  }

  @Test
  void anExpiredTokenKeepsNoYes() {
    answer = yes(now.plusSeconds(10));
    who();
    answer = CompletableFuture.completedFuture(notNow());
    now = now.plusSeconds(9);
    who();
    now = now.plusSeconds(1);
    refused("away");
  }

  @Test
  void aRevokedTokenKeepsNoYes() {
    who();
    answer = CompletableFuture.completedFuture(notNow());
    authenticator.forget(TOKEN.id());
    refused("away");
  }

  @Test
  void aNoEndsTheYesEvenWhenItComesLate() {
    who();
    CompletableFuture<Reply> late = new CompletableFuture<>();
    answer = late;
    now = now.plusSeconds(6);
    who();
    late.complete(new Reply.Refused(Token.Type.wrong()));
    answer = CompletableFuture.completedFuture(notNow());
    refused("away");
  }

  @Test
  void limitsAreHeld() {
    assertThatThrownBy(() -> new Authenticator.Trust(Duration.ofSeconds(6), MILLI, MILLI))
        .hasMessageContaining("copyhold.http.token-cache");
    assertThatThrownBy(() -> new Authenticator.Trust(MILLI, MILLI, Duration.ofMinutes(6)))
        .hasMessageContaining("copyhold.http.token-trust");
  }

  private Principal who() {
    return authenticator
        .authenticate(HEADER)
        .toCompletableFuture()
        .orTimeout(60, TimeUnit.SECONDS)
        .join();
  }

  private void refused(String code) {
    assertThatThrownBy(this::who)
        .isInstanceOf(CompletionException.class)
        .cause()
        .isInstanceOfSatisfying(
            ProblemException.class, e -> assertThat(e.problem().code()).isEqualTo(code));
  }

  private static Reply notNow() {
    return new Reply.NotNow(
        Duration.ofSeconds(1), true, Problem.unavailable("away", "its node sleeps"));
  }

  private static CompletionStage<Reply> yes(@org.jspecify.annotations.Nullable Instant expires) {
    ObjectNode view = Mappers.JSON.createObjectNode().put("name", "ci").put("role", "operator");
    if (expires != null) {
      view.put("expires", expires.toString());
    }
    return CompletableFuture.completedFuture(
        new Reply.Applied(new EntityRef("token", TOKEN.id()), 1, view, List.of(), false));
  }

  /** A token's entity as the test wants it. */
  private final class Paper implements Entities {
    @Override
    public CompletionStage<Reply> ask(EntityRef entity, Object command, Origin origin) {
      throw new UnsupportedOperationException();
    }

    @Override
    public CompletionStage<Reply> dryRun(EntityRef entity, Object command, Origin origin) {
      asked++;
      return answer;
    }

    @Override
    public CompletionStage<Reply> read(EntityRef entity) {
      throw new UnsupportedOperationException();
    }

    @Override
    public CompletionStage<Reply> signal(
        EntityRef owner, String operation, Object command, Origin origin) {
      throw new UnsupportedOperationException();
    }

    @Override
    public CompletionStage<Reply> dryRunSignal(
        EntityRef owner, String operation, Object command, Origin origin) {
      throw new UnsupportedOperationException();
    }

    @Override
    public CompletionStage<Reply> wake(EntityRef entity, String name, int missed) {
      throw new UnsupportedOperationException();
    }
  }
}
