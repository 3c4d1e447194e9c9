package io.copyhold.http.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.Entities;
import io.copyhold.runtime.entity.Reply;
import io.copyhold.runtime.journal.Mappers;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is held and sent again, and what is not. */
class PatientEntitiesTest {
  private static final EntityRef ACME = new EntityRef("tenant", "acme");
  private static final Reply DONE =
      new Reply.Applied(ACME, 7, Mappers.JSON.createObjectNode(), List.of("done"), false);
  private static final Origin KEYED = new Origin("me", null, "k", null);
  private static final Origin BARE = new Origin("me", null, null, null);

  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
  private final Scripted scripted = new Scripted();

  @AfterEach
  void end() {
    timer.shutdownNow();
  }

  private Entities patient(Duration holdMax, boolean shifting) {
    return new PatientEntities(scripted, Duration.ofMillis(5), holdMax, () -> shifting, timer);
  }

  private static Reply notNow(String code, boolean known) {
    return new Reply.NotNow(Duration.ofSeconds(1), known, Problem.unavailable(code, code));
  }

  private static Reply get(CompletionStage<Reply> stage) throws Exception {
    return stage.toCompletableFuture().get(120, TimeUnit.SECONDS);
  }

  @Test
  void aReadThatWasLostWithItsNodeIsSentAgain() throws Exception {
    scripted.answers.add(new CompletableFuture<>());
    scripted.answers.add(new CompletableFuture<>());
    scripted.answers.add(CompletableFuture.completedFuture(DONE));
    assertThat(get(patient(Duration.ofMinutes(2), true).read(ACME))).isEqualTo(DONE);
  }

  @Test
  void aCommandWithAKeyIsSentAgainAndTheFirstAnswerCounts() throws Exception {
    CompletableFuture<Reply> slow = new CompletableFuture<>();
    scripted.answers.add(slow);
    for (int i = 0; i < 1_000; i++) {
      scripted.answers.add(new CompletableFuture<>());
    }
    CompletionStage<Reply> asked = patient(Duration.ofMinutes(2), true).ask(ACME, "x", KEYED);
    while (scripted.sent.get() < 3) {
      Thread.onSpinWait();
    }
    slow.complete(DONE);
    assertThat(get(asked)).isEqualTo(DONE);
  }

  @Test
  void aCommandWithoutAKeyIsNeverSentTwiceWhenItsOutcomeIsUnknown() throws Exception {
    scripted.answers.add(CompletableFuture.completedFuture(notNow("no-answer", false)));
    scripted.answers.add(CompletableFuture.completedFuture(DONE));
    assertThat(get(patient(Duration.ofMinutes(2), true).ask(ACME, "x", BARE)))
        .isInstanceOf(Reply.NotNow.class);
    assertThat(scripted.sent.get()).isOne();
  }

  @Test
  void aCommandThatIsKnownNotToHaveBeenAppliedIsSentAgainWithoutAKey() throws Exception {
    scripted.answers.add(CompletableFuture.completedFuture(notNow("node-was-asleep", true)));
    scripted.answers.add(CompletableFuture.completedFuture(DONE));
    assertThat(get(patient(Duration.ofMinutes(2), false).ask(ACME, "x", BARE))).isEqualTo(DONE);
  }

  @Test
  void theEntitysOwnNotNowIsGivenAtOnce() throws Exception {
    scripted.answers.add(CompletableFuture.completedFuture(notNow("busy", true)));
    assertThat(get(patient(Duration.ofMinutes(2), true).ask(ACME, "x", KEYED)))
        .isEqualTo(notNow("busy", true));
    assertThat(scripted.sent.get()).isOne();
  }

  @Test
  void holdingHasAnEnd() throws Exception {
    for (int i = 0; i < 1_000; i++) {
      scripted.answers.add(new CompletableFuture<>());
    }
    assertThat(get(patient(Duration.ofMillis(50), true).read(ACME)))
        .isInstanceOfSatisfying(
            Reply.NotNow.class,
            notNow -> assertThat(notNow.problem().code()).isEqualTo("no-answer"));
  }

  /** Answers what the script says, one after the other. */
  private static final class Scripted implements Entities {
    private final Queue<CompletableFuture<Reply>> answers = new ConcurrentLinkedQueue<>();
    private final AtomicInteger sent = new AtomicInteger();

    private CompletionStage<Reply> next() {
      sent.incrementAndGet();
      CompletableFuture<Reply> answer = answers.poll();
      return answer == null ? CompletableFuture.completedFuture(DONE) : answer;
    }

    @Override
    public CompletionStage<Reply> ask(EntityRef entity, Object command, Origin origin) {
      return next();
    }

    @Override
    public CompletionStage<Reply> dryRun(EntityRef entity, Object command, Origin origin) {
      return next();
    }

    @Override
    public CompletionStage<Reply> read(EntityRef entity) {
      return next();
    }

    @Override
    public CompletionStage<Reply> signal(
        EntityRef owner, String operation, Object command, Origin origin) {
      return next();
    }

    @Override
    public CompletionStage<Reply> wake(EntityRef entity, String name, int missed) {
      return next();
    }
  }
}
