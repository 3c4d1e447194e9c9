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

  Prober(Api api, String path) {
    this.api = api;
    this.path = path;
    this.thread = Thread.ofVirtual().start(this::probe);
  }

  private void probe() {
    try {
      while (!stopped) {
        if (api.answers(path, ANSWER_LIMIT)) {
          answered();
        }
        Thread.sleep(PERIOD);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized void answered() {
    long now = System.nanoTime();
    longest = Math.max(longest, now - lastAnswer);
    lastAnswer = now;
  }

  /** The longest time without an answer so far; from here on it is measured anew. */
  synchronized Duration begin() {
    Duration before = Duration.ofNanos(longest);
    longest = 0;
    return before;
  }

  /** The longest time without an answer that touched the time since {@link #begin}. */
  synchronized Duration longest() {
    return Duration.ofNanos(longest);
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
