package io.copyhold.chaos.demo;

import io.copyhold.chaos.installation.Api;
import io.copyhold.runtime.PortAdapter;
import java.time.Duration;

/**
 * Asks the API for one tenant again and again, and knows the longest time without an answer: from
 * the end of one good answer to the end of the next.
 */
@PortAdapter
final class Prober implements AutoCloseable {
  /** The resolution of what it measures. */
  static final Duration PERIOD = Duration.ofMillis(20);

  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(2);

  private final Api api;
  private final String path;
  private final Thread thread;
  private volatile boolean stopped;
  private long lastAnswer = System.nanoTime();
  private long longest;
  private long asked;
  private long unanswered;

  Prober(Api api, String path) {
    this.api = api;
    this.path = path;
    this.thread = Thread.ofVirtual().start(this::probe);
  }

  /**
   * What it saw.
   *
   * @param longest without an answer
   * @param asked requests in all
   * @param unanswered those that failed or had another status than 200
   */
  record Seen(Duration longest, long asked, long unanswered) {}

  private void probe() {
    try {
      while (!stopped) {
        boolean answered = api.answers(path, ANSWER_LIMIT);
        note(answered);
        Thread.sleep(PERIOD);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized void note(boolean answered) {
    asked++;
    if (!answered) {
      unanswered++;
      return;
    }
    long now = System.nanoTime();
    longest = Math.max(longest, now - lastAnswer);
    lastAnswer = now;
  }

  synchronized Seen seen() {
    return new Seen(Duration.ofNanos(longest), asked, unanswered);
  }

  /** When the last good answer came, by {@link System#nanoTime}. */
  synchronized long lastAnswer() {
    return lastAnswer;
  }

  @Override
  public void close() throws InterruptedException {
    stopped = true;
    thread.join();
  }
}
