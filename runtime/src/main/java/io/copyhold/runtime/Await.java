package io.copyhold.runtime;

import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Waiting for an answer in a thread that may block. It can be interrupted and has an end: an ask
 * whose actor system has ended meanwhile is never answered.
 */
public final class Await {
  /** Longer than any ask takes. */
  private static final Duration MAX = Duration.ofSeconds(20);

  private Await() {}

  /**
   * What the stage completes with.
   *
   * @param away the problem when it fails otherwise than with a problem of its own, does not
   *     complete within 20 s, or the thread is interrupted (and stays so)
   */
  public static <T> T answer(CompletionStage<T> stage, Problem away) {
    try {
      return stage.toCompletableFuture().get(MAX.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof ProblemException problem) {
        throw problem;
      }
      throw new ProblemException(away, e);
    } catch (TimeoutException e) {
      throw new ProblemException(away, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ProblemException(away, e);
    }
  }
}
