package io.copyhold.runtime.journal;

import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.Slices;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the feed to one follower, in a thread of its own: it looks when something is said to be
 * stored, and now and then without being told. A journal that is away, or a follower that throws,
 * is tried again with growing pauses, from the last offset the follower took.
 */
@PortAdapter
public final class FeedLoop implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(FeedLoop.class);

  /** Follows events. Called by one thread, one batch after the other. */
  public interface Follower {
    /**
     * Where to go on: the offset after the last batch this follower keeps. Asked at the start and
     * after a failure.
     */
    String offset();

    /**
     * Takes a batch, perhaps one it knows already, in whole or part. An empty one means that there
     * is nothing new up to its offset.
     */
    void take(Feed.Batch batch);
  }

  /**
   * After a batch a follower rests so many times as long as that took, unless somebody waits for
   * it: a batch of one event costs almost what one of a hundred does, and following is to take no
   * more than a tenth of a processor.
   */
  private static final int REST = 9;

  private final Feed feed;
  private final Slices slices;
  private final Follower follower;
  private final FeedSettings settings;
  private final String name;
  private final Thread thread;
  private final Object lock = new Object();
  private boolean closed;
  private boolean nudged;
  private boolean news;

  private FeedLoop(
      String name, Feed feed, Slices slices, FeedSettings settings, Follower follower) {
    this.name = name;
    this.feed = feed;
    this.slices = slices;
    this.settings = settings;
    this.follower = follower;
    this.thread = Thread.ofPlatform().name("feed-" + name).daemon().unstarted(this::run);
  }

  /** Begins at the follower's offset. */
  public static FeedLoop start(
      String name, Feed feed, Slices slices, FeedSettings settings, Follower follower) {
    FeedLoop loop = new FeedLoop(name, feed, slices, settings, follower);
    loop.thread.start();
    return loop;
  }

  /** Something was stored: look, but not before the rest after the last batch is over. */
  public void stored() {
    synchronized (lock) {
      news = true;
      lock.notifyAll();
    }
  }

  /** Somebody waits for what was stored just now: look at once. */
  public void nudge() {
    synchronized (lock) {
      nudged = true;
      lock.notifyAll();
    }
  }

  /** Ends after the batch at hand. */
  @Override
  public void close() {
    synchronized (lock) {
      closed = true;
      lock.notifyAll();
    }
    if (Thread.currentThread().equals(thread)) {
      return;
    }
    boolean interrupted = false;
    while (true) {
      try {
        // not interrupted itself: that would close the files of an index
        thread.join();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    Duration pause = settings.pollMin();
    boolean failing = false;
    boolean quiet = true;
    String offset = null;
    while (!ended()) {
      try {
        if (offset == null) {
          offset = follower.offset();
        }
        long begun = System.nanoTime();
        Feed.Batch batch = feed.read(slices, offset, settings.batchMax());
        follower.take(batch);
        Duration took = Duration.ofNanos(System.nanoTime() - begun);
        offset = batch.offset();
        if (failing) {
          failing = false;
          log.atInfo().addKeyValue("feed", name).log("following events again");
        }
        if (batch.more()) {
          pause = settings.pollMin(); // where backing off begins
          continue;
        }
        quiet = batch.entries().isEmpty();
        pause = quiet ? settings.pollMax() : rest(took);
      } catch (RuntimeException e) {
        offset = null;
        quiet = false;
        if (!failing) {
          failing = true;
          log.atWarn()
              .addKeyValue("feed", name)
              .setCause(e)
              .log("cannot follow events; will be retried");
        }
        pause = longer(pause, settings.backoffMax());
      }
      sleep(pause, quiet);
    }
  }

  private Duration rest(Duration took) {
    Duration rest = Collections.min(List.of(took.multipliedBy(REST), settings.pollMax()));
    return Collections.max(List.of(rest, settings.pollMin()));
  }

  private static Duration longer(Duration pause, Duration max) {
    Duration doubled = pause.multipliedBy(2);
    return doubled.compareTo(max) < 0 ? doubled : max;
  }

  private boolean ended() {
    synchronized (lock) {
      return closed;
    }
  }

  /**
   * @param listening for news, too
   */
  private void sleep(Duration pause, boolean listening) {
    long end = System.nanoTime() + pause.toNanos();
    synchronized (lock) {
      while (!closed && !nudged && !(listening && news)) {
        long left = end - System.nanoTime();
        if (left <= 0) {
          break;
        }
        try {
          lock.wait(left / 1_000_000, (int) (left % 1_000_000));
        } catch (InterruptedException e) {
          closed = true; // only a dying JVM does that
        }
      }
      nudged = false;
      news = false;
    }
  }
}
