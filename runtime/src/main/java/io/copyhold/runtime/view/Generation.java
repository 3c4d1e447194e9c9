package io.copyhold.runtime.view;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.journal.Feed;
import io.copyhold.runtime.journal.FeedLoop;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.SearcherFactory;
import org.apache.lucene.search.SearcherManager;
import org.apache.lucene.store.FSDirectory;
import org.apache.lucene.store.NRTCachingDirectory;

/**
 * One index, as it is being filled from the feed. The feed's offset is committed together with the
 * rows, so after a crash it goes on exactly where the index ends. Indexing is for one thread,
 * reading for any.
 */
@PortAdapter
final class Generation implements FeedLoop.Follower, AutoCloseable {
  private static final String OFFSET = "offset";
  private static final String LAYOUT = "layout";

  /** Larger segments go to the disk at once. */
  private static final double SEGMENT_MB_MAX = 4;

  private static final double CACHE_MB_MAX = 32;

  /** What is done with one state of the index. */
  interface Reading<T> {
    T with(IndexSearcher searcher) throws IOException;
  }

  private final Path path;
  private final org.apache.lucene.store.Directory files;
  private final IndexWriter writer;
  private final SearcherManager searchers;
  private final DirectorySettings settings;
  private final Runnable caughtUp;
  private final Object progress = new Object();
  private String offset;
  private long uncommittedSince;
  private boolean uncommitted;
  private long batches;
  private long currentAt;
  private volatile boolean current;

  /**
   * Opens the index in {@code path}, or begins one.
   *
   * @param caughtUp called by the indexing thread each time nothing is left to read
   * @throws IOException the index cannot be read, or has another layout
   */
  Generation(Path path, Analyzer analyzer, DirectorySettings settings, Runnable caughtUp)
      throws IOException {
    this.path = path;
    this.settings = settings;
    this.caughtUp = caughtUp;
    this.currentAt = System.nanoTime();
    // each refresh makes a tiny segment: it is merged in memory, and reaches the disk with a commit
    this.files = new NRTCachingDirectory(FSDirectory.open(path), SEGMENT_MB_MAX, CACHE_MB_MAX);
    IndexWriter opened = null;
    try {
      opened =
          new IndexWriter(
              files,
              new IndexWriterConfig(analyzer)
                  .setRAMBufferSizeMB(settings.bufferBytes() / (1024.0 * 1024.0))
                  .setCommitOnClose(false));
      Map<String, String> committed = new HashMap<>();
      if (opened.getLiveCommitData() != null) {
        opened.getLiveCommitData().forEach(e -> committed.put(e.getKey(), e.getValue()));
      }
      if (opened.getDocStats().maxDoc > 0 && !Documents.LAYOUT.equals(committed.get(LAYOUT))) {
        throw new IOException("the index has layout " + committed.get(LAYOUT));
      }
      this.offset = committed.getOrDefault(OFFSET, Feed.START);
      this.searchers = new SearcherManager(opened, new SearcherFactory());
      this.writer = opened;
    } catch (IOException | RuntimeException e) {
      if (opened != null) {
        opened.rollback();
      }
      files.close();
      throw e;
    }
  }

  Path path() {
    return path;
  }

  @Override
  public String offset() {
    synchronized (progress) {
      return offset;
    }
  }

  @Override
  public void take(Feed.Batch batch) {
    try {
      if (!batch.entries().isEmpty()) {
        index(batch);
        searchers.maybeRefreshBlocking();
      }
      synchronized (progress) {
        if (!offset.equals(batch.offset())) {
          offset = batch.offset();
          if (!uncommitted) {
            uncommitted = true;
            uncommittedSince = System.nanoTime();
          }
        }
        if (!batch.more()) {
          currentAt = System.nanoTime();
        }
        batches++;
        progress.notifyAll();
      }
      if (!batch.more()) {
        current = true;
        caughtUp.run();
      }
      if (uncommitted && System.nanoTime() - uncommittedSince >= settings.commitEvery().toNanos()) {
        commit();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Of one entity only its last event in the batch; and never one behind what the index has. */
  private void index(Feed.Batch batch) throws IOException {
    Map<EntityRef, Feed.Entry> last = new HashMap<>();
    Map<EntityRef, JsonNode> summaries = new HashMap<>();
    for (Feed.Entry entry : batch.entries()) {
      Feed.Entry known = last.get(entry.entity());
      if (known == null || known.version() <= entry.version()) {
        last.put(entry.entity(), entry);
        if (entry.stored().summary() != null) {
          summaries.put(entry.entity(), entry.stored().summary());
        }
      }
    }
    for (Feed.Entry entry : last.values()) {
      String key = entry.entity().toString();
      Row before =
          read(searcher -> new Search(searcher, writer.getAnalyzer()).find(key)).orElse(null);
      if (before != null && before.version() >= entry.version()) {
        continue;
      }
      JsonNode summary = summaries.get(entry.entity());
      if (summary == null) {
        summary = before == null ? null : before.summary();
      }
      if (summary == null) {
        continue; // its first command has more events to come, and the last one has the summary
      }
      Row row = new Row(entry.entity(), entry.version(), entry.stored().at(), summary);
      writer.updateDocument(new Term(Documents.KEY, key), Documents.of(row));
    }
  }

  <T> T read(Reading<T> reading) throws IOException {
    IndexSearcher searcher = searchers.acquire();
    try {
      return reading.with(searcher);
    } finally {
      searchers.release(searcher);
    }
  }

  Optional<Row> find(EntityRef entity) throws IOException {
    return read(searcher -> new Search(searcher, writer.getAnalyzer()).find(entity.toString()));
  }

  /** Waits until the position is in the index; false when it is not within {@code max}. */
  boolean await(Position position, Duration max) throws IOException, InterruptedException {
    long end = System.nanoTime() + max.toNanos();
    while (true) {
      long seen;
      synchronized (progress) {
        seen = batches;
      }
      if (find(position.entity()).filter(row -> row.version() >= position.version()).isPresent()) {
        return true;
      }
      synchronized (progress) {
        while (batches == seen) {
          long left = end - System.nanoTime();
          if (left <= 0) {
            return false;
          }
          progress.wait(left / 1_000_000, (int) (left % 1_000_000));
        }
      }
      if (System.nanoTime() >= end) {
        return false;
      }
    }
  }

  /** Whether it has ever reached the end of the feed since it was opened. */
  boolean current() {
    return current;
  }

  /** Since when, in milliseconds, something may be missing. */
  long lagMs() {
    synchronized (progress) {
      return Math.max(0, (System.nanoTime() - currentAt) / 1_000_000);
    }
  }

  private void commit() throws IOException {
    writer.setLiveCommitData(Map.of(OFFSET, offset(), LAYOUT, Documents.LAYOUT).entrySet());
    writer.commit();
    uncommitted = false;
  }

  /** Commits what is indexed. The loop that fills it has ended before. */
  @Override
  public void close() throws IOException {
    try (files;
        writer;
        searchers) {
      commit();
    }
  }

  /** Gives up what is not committed. */
  void abandon() throws IOException {
    try (files;
        searchers) {
      writer.rollback();
    }
  }
}
