package io.copyhold.config.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.config.node.NodeRegister.Standing;
import io.copyhold.runtime.ProblemException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The ticking thread and what hangs on the fence. The fence is closed by hand: nothing sleeps. */
class PauseWatchTest {
  /** So patient that a busy machine closes nothing by itself. */
  private static final PauseSettings SETTINGS =
      new PauseSettings(
          Duration.ofMillis(20),
          Duration.ofMinutes(10),
          Duration.ofMinutes(10),
          Duration.ofMinutes(10),
          Duration.ofMinutes(10),
          10);

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final AtomicReference<Standing> standing = new AtomicReference<>();
  private final CompletableFuture<Void> gone = new CompletableFuture<>();
  private final PauseWatch watch =
      PauseWatch.start(SETTINGS, this::ask, threads, () -> gone.complete(null));

  private Standing ask() {
    Standing now = standing.get();
    if (now == null) {
      throw new ProblemException("control-database-unavailable", "away", "wait");
    }
    return now;
  }

  @AfterEach
  void end() {
    watch.close();
    threads.close();
  }

  @Test
  void noStepBeginsUntilTheRegisterHasConfirmed() throws Exception {
    CompletableFuture<Void> before = new CompletableFuture<>();
    watch.fenced(threads).execute(() -> before.complete(null));
    before.get(120, TimeUnit.SECONDS);

    watch.pauses().close();
    assertThat(watch.open()).isFalse();
    CompletableFuture<Boolean> step = new CompletableFuture<>();
    watch.fenced(threads).execute(() -> step.complete(watch.open()));
    standing.set(Standing.UNSURE);
    assertThat(step).isNotDone();
    standing.set(Standing.MEMBER);
    assertThat(step.get(120, TimeUnit.SECONDS)).as("open when it began").isTrue();
    assertThat(gone).isNotDone();
  }

  @Test
  void whoWasReplacedEndsAndBeginsNoStep() throws Exception {
    watch.pauses().close();
    CompletableFuture<Void> step = new CompletableFuture<>();
    watch.fenced(threads).execute(() -> step.complete(null));
    standing.set(Standing.GONE);
    gone.get(120, TimeUnit.SECONDS);
    watch.close();
    threads.close(); // waits for what was begun
    assertThat(step).isNotDone();
    assertThat(watch.open()).isFalse();
  }
}
