package io.copyhold.runtime.journal;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * How events are followed, read from {@code copyhold.feed}; reasons stand there.
 *
 * @param batchMax events of one read
 * @param pollMin pause after a read that brought something and left nothing
 * @param pollMax pause when nothing has come for a while
 * @param backoffMax pause between attempts while the journal, or the follower, fails
 */
public record FeedSettings(int batchMax, Duration pollMin, Duration pollMax, Duration backoffMax) {
  public FeedSettings {
    if (batchMax < 1 || batchMax > 10_000) {
      throw new IllegalArgumentException("copyhold.feed.batch-max must be 1 to 10000");
    }
    if (!pollMin.isPositive() || pollMax.compareTo(pollMin) < 0) {
      throw new IllegalArgumentException("copyhold.feed: 0 < poll-min <= poll-max");
    }
    if (backoffMax.compareTo(pollMax) < 0) {
      throw new IllegalArgumentException("copyhold.feed.backoff-max must be at least poll-max");
    }
  }

  /**
   * @param root a node's whole configuration
   */
  public static FeedSettings from(Config root) {
    Config c = root.getConfig("copyhold.feed");
    return new FeedSettings(
        c.getInt("batch-max"),
        c.getDuration("poll-min"),
        c.getDuration("poll-max"),
        c.getDuration("backoff-max"));
  }
}
