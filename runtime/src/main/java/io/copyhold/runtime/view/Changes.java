package io.copyhold.runtime.view;

import com.typesafe.config.Config;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Slices;
import io.copyhold.runtime.journal.Codec;
import io.copyhold.runtime.journal.Feed;
import io.copyhold.runtime.journal.FeedLoop;
import io.copyhold.runtime.journal.FeedSettings;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.pekko.NotUsed;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Source;
import org.jspecify.annotations.Nullable;

/**
 * What changes in the cluster, for any number of watchers. One loop follows the feed and keeps the
 * latest changes in memory; a watcher takes them from there at its own pace:
 *
 * <ol>
 *   <li>One that brings an offset, or has fallen behind what is kept, notes the place of the newest
 *       change kept and reads the journal from its own offset until nothing is left.
 *   <li>From the place noted it goes on in memory, passing over what it has read already.
 * </ol>
 *
 * So a slow watcher costs no memory, and a fast one costs no query.
 */
public final class Changes implements AutoCloseable {
  private static final long BEFORE = -1;

  private final Feed feed;
  private final FeedSettings settings;
  private final Codec codec;
  private final Executor blocking;
  private final int kept;
  private final FeedLoop loop;
  private final Object lock = new Object();
  private final ArrayDeque<Change> latest = new ArrayDeque<>();
  private CompletableFuture<Void> next = new CompletableFuture<>();
  private long end;
  private @Nullable String offset;

  private Changes(Feed feed, FeedSettings settings, Codec codec, Executor blocking, int kept) {
    this.feed = feed;
    this.settings = settings;
    this.codec = codec;
    this.blocking = blocking;
    this.kept = kept;
    this.loop = FeedLoop.start("changes", feed, Slices.ALL, settings, new Latest());
  }

  /**
   * Begins to follow the feed, from now on.
   *
   * @param root a node's whole configuration
   * @param blocking runs reads of the journal
   */
  public static Changes start(Feed feed, Codec codec, Executor blocking, Config root) {
    int kept = root.getInt("copyhold.view.changes-kept");
    if (kept < 1) {
      throw new IllegalArgumentException("copyhold.view.changes-kept must be at least 1");
    }
    return new Changes(feed, FeedSettings.from(root), codec, blocking, kept);
  }

  /**
   * Everything after the offset, at least once and in order per entity, without end. Fails with a
   * {@link io.copyhold.runtime.ProblemException} for an offset it cannot read.
   *
   * @param from null for what comes from now on
   */
  public Source<Change, NotUsed> after(@Nullable String from) {
    return Source.unfoldAsync(
            new Place(BEFORE, from, Map.of()), place -> take(place).thenApply(Optional::of))
        .mapConcat(changes -> changes);
  }

  /**
   * Where a watcher is.
   *
   * @param at number of the next change in memory, or {@link #BEFORE}: to be found after reading
   *     the journal
   * @param offset after the last change it has; null while it has none and wants what comes from
   *     now on
   * @param read newest version it has read from the journal past the place noted, by entity
   */
  private record Place(long at, @Nullable String offset, Map<EntityRef, Long> read) {}

  private CompletionStage<Pair<Place, List<Change>>> take(Place place) {
    CompletableFuture<Void> wait;
    synchronized (lock) {
      long first = end - latest.size();
      if (place.at() < first) {
        return CompletableFuture.supplyAsync(() -> readJournal(place.offset()), blocking);
      }
      if (place.at() < end) {
        return CompletableFuture.completedStage(fromMemory(place, first));
      }
      wait = next;
    }
    return wait.thenComposeAsync(_ -> take(place), blocking);
  }

  private Pair<Place, List<Change>> fromMemory(Place place, long first) {
    List<Change> fresh = new ArrayList<>();
    String reached = place.offset();
    long number = first;
    for (Change change : latest) {
      if (number++ < place.at()) {
        continue;
      }
      if (change.version() > place.read().getOrDefault(change.entity(), 0L)) {
        fresh.add(change);
      }
      reached = change.offset();
    }
    // an entity's versions only rise: what was read is passed for good once a newer one has come
    Map<EntityRef, Long> read = new HashMap<>(place.read());
    fresh.forEach(change -> read.remove(change.entity()));
    return Pair.create(new Place(end, reached, Map.copyOf(read)), fresh);
  }

  private Pair<Place, List<Change>> readJournal(@Nullable String after) {
    long noted;
    synchronized (lock) {
      noted = end;
    }
    if (after == null) {
      return Pair.create(new Place(BEFORE, feed.end(), Map.of()), List.of());
    }
    Feed.Batch batch = feed.read(Slices.ALL, after, settings.batchMax());
    List<Change> changes = batch.entries().stream().map(this::change).toList();
    if (batch.more()) {
      return Pair.create(new Place(BEFORE, batch.offset(), Map.of()), changes);
    }
    Map<EntityRef, Long> read = new HashMap<>();
    changes.forEach(change -> read.merge(change.entity(), change.version(), Math::max));
    return Pair.create(new Place(noted, batch.offset(), Map.copyOf(read)), changes);
  }

  private Change change(Feed.Entry entry) {
    return new Change(
        entry.offset(),
        entry.entity(),
        entry.version(),
        codec.name(entry.entity().type(), entry.stored().event()),
        entry.stored().at(),
        entry.stored().summary());
  }

  /** Something was stored. */
  public void stored() {
    loop.stored();
  }

  /** Follows from now on: the journal went back in time, and what was reached may not be there. */
  public void restart() {
    synchronized (lock) {
      offset = null;
    }
    loop.nudge();
  }

  @Override
  public void close() {
    loop.close();
  }

  /** Keeps the latest changes. */
  private final class Latest implements FeedLoop.Follower {
    @Override
    public String offset() {
      synchronized (lock) {
        if (offset != null) {
          return offset;
        }
      }
      String now = feed.end();
      synchronized (lock) {
        offset = now;
        return now;
      }
    }

    @Override
    public void take(Feed.Batch batch) {
      CompletableFuture<Void> done = null;
      synchronized (lock) {
        for (Feed.Entry entry : batch.entries()) {
          latest.addLast(change(entry));
          end++;
        }
        while (latest.size() > kept) {
          latest.removeFirst();
        }
        offset = batch.offset();
        if (!batch.entries().isEmpty()) {
          done = next;
          next = new CompletableFuture<>();
        }
      }
      if (done != null) {
        done.completeAsync(() -> null, blocking);
      }
    }
  }
}
