package io.copyhold.chaos.checker;

import io.copyhold.runtime.Slices;
import io.copyhold.runtime.entity.EntityTypes;
import io.copyhold.runtime.journal.Feed;
import java.util.ArrayList;
import java.util.List;

/** Reads the journal and, the next time, only what has come since. For one thread. */
public final class Journal {
  /** Entries of one read. */
  private static final int PAGE = 1_000;

  private final Feed feed;
  private final EntityTypes types;
  private final List<Feed.Entry> entries = new ArrayList<>();
  private String offset = Feed.START;

  /**
   * @param feed gives each event at least once
   */
  public Journal(Feed feed, EntityTypes types) {
    this.feed = feed;
    this.types = types;
  }

  /** All of it, as of now. */
  public Roll roll() {
    Feed.Batch batch;
    do {
      batch = feed.read(Slices.ALL, offset, PAGE);
      entries.addAll(batch.entries());
      offset = batch.offset();
    } while (batch.more());
    return Roll.of(entries, types);
  }
}
