package io.copyhold.runtime.view;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.Slices;
import io.copyhold.runtime.journal.Feed;
import io.copyhold.runtime.journal.FeedLoop;
import io.copyhold.runtime.journal.FeedSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.standard.StandardAnalyzer;
import org.apache.lucene.store.AlreadyClosedException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All entities and operations of the cluster, to list, search and count, in a Lucene index of this
 * node. It follows the feed: a row is as new as {@link Page#lagMs} says. Methods block and are safe
 * from any thread.
 *
 * <p>In its directory lie one index per generation, {@code index-N}, and {@code current}, which
 * names the one that serves. An index that is missing, unreadable or of another layout is built
 * anew from the first event; {@link #rebuild} does the same while the old one goes on serving.
 */
@PortAdapter
public final class Directory implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Directory.class);
  private static final String CURRENT = "current";
  private static final String INDEX = "index-";

  private final Feed feed;
  private final FeedSettings feedSettings;
  private final DirectorySettings settings;
  private final Analyzer analyzer = new StandardAnalyzer();
  private final Object lock = new Object();
  private Filling serving;
  private @Nullable Filling building;
  private boolean closed;

  /** An index and the loop that fills it. */
  private record Filling(Generation index, FeedLoop loop) {}

  private Directory(Feed feed, FeedSettings feedSettings, DirectorySettings settings)
      throws IOException {
    this.feed = feed;
    this.feedSettings = feedSettings;
    this.settings = settings;
    Files.createDirectories(settings.path());
    int number = currentNumber();
    Generation opened = number == 0 ? null : tryOpen(number);
    if (opened == null) {
      number = nextNumber();
      opened = open(number);
      name(number);
    }
    this.serving = fill(opened);
    dropAllBut(number);
  }

  /**
   * Opens the directory and begins to follow the feed.
   *
   * @throws UncheckedIOException its path cannot be written to
   */
  public static Directory open(Feed feed, FeedSettings feedSettings, DirectorySettings settings) {
    try {
      return new Directory(feed, feedSettings, settings);
    } catch (IOException e) {
      throw new UncheckedIOException("directory in " + settings.path() + ": " + e.getMessage(), e);
    }
  }

  /**
   * One page.
   *
   * @throws ProblemException a cursor it cannot use; {@code directory-unavailable} when the index
   *     cannot be read
   */
  public Page list(Query query) throws InterruptedException {
    while (true) {
      Filling now = serving();
      try {
        return list(query, now);
      } catch (IOException | AlreadyClosedException e) {
        if (now == serving()) {
          throw unavailable(e);
        } // else it was replaced at this moment: ask the new one
      }
    }
  }

  private Page list(Query query, Filling now) throws IOException, InterruptedException {
    boolean upToDate = true;
    if (query.after() instanceof Position after) {
      now.loop().nudge();
      Duration max =
          query.afterMax().compareTo(settings.afterMax()) < 0
              ? query.afterMax()
              : settings.afterMax();
      upToDate = now.index().await(after, max);
    }
    boolean reached = upToDate;
    return now.index()
        .read(searcher -> new Search(searcher, analyzer).page(query, now.index().lagMs(), reached));
  }

  public Optional<Row> find(EntityRef entity) {
    while (true) {
      Filling now = serving();
      try {
        return now.index().find(entity);
      } catch (IOException | AlreadyClosedException e) {
        if (now == serving()) {
          throw unavailable(e);
        }
      }
    }
  }

  /** Something was stored. */
  public void stored() {
    serving().loop().stored();
  }

  /** For how long, in milliseconds, something may be missing. */
  public long lagMs() {
    return serving().index().lagMs();
  }

  /** Whether the index that serves has reached the end of the feed since it was opened. */
  public boolean current() {
    return serving().index().current();
  }

  /**
   * Begins to build the index anew; the old one serves until the new one has caught up. Does
   * nothing while that is under way.
   */
  public void rebuild() {
    synchronized (lock) {
      if (closed || building != null) {
        return;
      }
      try {
        building = fill(open(nextNumber()));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      log.atInfo().addKeyValue("index", building.index().path()).log("building the directory anew");
    }
  }

  /** Whether a rebuild is under way. */
  public boolean rebuilding() {
    synchronized (lock) {
      return building != null;
    }
  }

  @Override
  public void close() {
    Filling first;
    Filling second;
    synchronized (lock) {
      if (closed) {
        return;
      }
      closed = true;
      first = serving;
      second = building;
    }
    end(first);
    if (second != null) {
      end(second);
    }
  }

  private static void end(Filling filling) {
    filling.loop().close();
    try {
      filling.index().close();
    } catch (IOException e) {
      log.atWarn()
          .addKeyValue("index", filling.index().path())
          .setCause(e)
          .log("index not closed well; its last rows are read again");
    }
  }

  private Filling serving() {
    synchronized (lock) {
      return serving;
    }
  }

  private Filling fill(Generation index) {
    return new Filling(
        index,
        FeedLoop.start(
            index.path().getFileName().toString(), feed, Slices.ALL, feedSettings, index));
  }

  private Generation open(int number) throws IOException {
    Path path = settings.path().resolve(INDEX + number);
    return new Generation(path, analyzer, settings, () -> caughtUp(path));
  }

  private @Nullable Generation tryOpen(int number) {
    try {
      return open(number);
    } catch (IOException | RuntimeException e) {
      log.atWarn()
          .addKeyValue("index", settings.path().resolve(INDEX + number))
          .setCause(e)
          .log("index not readable; it is built anew");
      return null;
    }
  }

  /** The new index has all there is: it serves from now on. Called by the thread that fills it. */
  private void caughtUp(Path path) {
    Filling old;
    synchronized (lock) {
      if (closed || building == null || !building.index().path().equals(path)) {
        return;
      }
      old = serving;
      serving = building;
      building = null;
    }
    int number = Integer.parseInt(path.getFileName().toString().substring(INDEX.length()));
    try {
      name(number);
      old.loop().close();
      old.index().abandon();
      delete(old.index().path());
    } catch (IOException e) {
      log.atWarn()
          .addKeyValue("index", old.index().path())
          .setCause(e)
          .log("old index left behind");
    }
    log.atInfo().addKeyValue("index", path).log("the directory built anew serves");
  }

  private int currentNumber() throws IOException {
    Path file = settings.path().resolve(CURRENT);
    if (!Files.exists(file)) {
      return 0;
    }
    String text = Files.readString(file, StandardCharsets.UTF_8).strip();
    return text.matches("[0-9]{1,9}") ? Integer.parseInt(text) : 0;
  }

  private void name(int number) throws IOException {
    Path file = settings.path().resolve(CURRENT);
    Path fresh = settings.path().resolve(CURRENT + ".new");
    Files.writeString(fresh, Integer.toString(number), StandardCharsets.UTF_8);
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private int nextNumber() throws IOException {
    return numbers().stream().max(Comparator.naturalOrder()).orElse(0) + 1;
  }

  private List<Integer> numbers() throws IOException {
    try (Stream<Path> files = Files.list(settings.path())) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.matches(INDEX + "[0-9]{1,9}"))
          .map(name -> Integer.parseInt(name.substring(INDEX.length())))
          .toList();
    }
  }

  private void dropAllBut(int kept) throws IOException {
    for (int number : numbers()) {
      if (number != kept) {
        delete(settings.path().resolve(INDEX + number));
      }
    }
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(directory);
  }

  private static ProblemException unavailable(Exception e) {
    return new ProblemException(
        Problem.unavailable("directory-unavailable", "this node's directory cannot be read")
            .todo("try again; if it lasts, rebuild the directory"),
        e);
  }
}
