package io.copyhold.runtime.journal;

import io.copyhold.runtime.PortAdapter;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * What waits for the journal's database. Few wait at a time, each for a fraction of a millisecond
 * and many thousand times a second: a virtual thread that waits for a socket goes through the
 * poller's thread and its carrier, which costs more than the wait.
 */
@PortAdapter
public final class JournalThreads {
  private JournalThreads() {}

  /** Platform threads, made as they are needed and kept for a minute; bounded by their callers. */
  public static ExecutorService start() {
    return Executors.newCachedThreadPool(
        Thread.ofPlatform().daemon().name("journal-", 0).factory());
  }
}
