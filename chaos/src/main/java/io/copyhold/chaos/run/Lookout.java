package io.copyhold.chaos.run;

import com.typesafe.config.ConfigFactory;
import com.zaxxer.hikari.HikariDataSource;
import io.copyhold.chaos.checker.Book;
import io.copyhold.chaos.checker.Books;
import io.copyhold.chaos.checker.ControlBook;
import io.copyhold.chaos.checker.FenceWatch;
import io.copyhold.chaos.checker.Journal;
import io.copyhold.chaos.checker.Roll;
import io.copyhold.chaos.checker.Rows;
import io.copyhold.chaos.checker.Verdict;
import io.copyhold.chaos.installation.Installation;
import io.copyhold.http.node.Wiring;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.RuntimeConfig;
import io.copyhold.runtime.entity.EntityTypes;
import io.copyhold.runtime.journal.PostgresFeed;
import io.copyhold.runtime.postgres.ControlDatabase;
import io.copyhold.runtime.postgres.PoolSettings;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at the control database and the stores, again and again while things go wrong and once more
 * at the end. What cannot be reached now is looked at the next time.
 */
@PortAdapter
final class Lookout implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Lookout.class);
  private static final Duration BETWEEN = Duration.ofSeconds(4);

  private final Installation installation;
  private final HikariDataSource pool;
  private final ControlDatabase control;
  private final Journal journal;
  private final FenceWatch fences = new FenceWatch();
  private final Rows rows = new Rows();
  private final List<Verdict> permits = new ArrayList<>();
  private final Thread thread;
  private volatile boolean stopped;

  Lookout(Installation installation) {
    this.installation = installation;
    this.pool =
        installation
            .administrator("control")
            .withName("copyhold")
            .pool(
                PoolSettings.from(
                        "copyhold-chaos",
                        RuntimeConfig.of(ConfigFactory.empty()).getConfig("copyhold.postgres.pool"))
                    .withMaxSize(1));
    this.control = new ControlDatabase(pool, Runnable::run);
    EntityTypes types = new EntityTypes(Wiring.stored());
    this.journal = new Journal(new PostgresFeed(control, types.codec()), types);
    this.thread = Thread.ofVirtual().start(this::run);
  }

  private void run() {
    try {
      while (!stopped) {
        try {
          look();
        } catch (SQLException | ProblemException e) {
          log.atInfo().setCause(e).log("cannot look now");
        }
        Thread.sleep(BETWEEN);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** What there is to see now. */
  record Sight(Roll roll, List<Book> books) {}

  /** Looks once; what it sees of agenda, fences and permits also counts for the verdicts. */
  synchronized Sight look() throws SQLException {
    List<Book> books = new ArrayList<>();
    for (String store : Installation.STORES) {
      books.addAll(Books.read(store, installation.administrator(store)));
    }
    fences.saw(books);
    Roll before = journal.roll();
    Set<String> agenda = ControlBook.agenda(control);
    permits.add(ControlBook.permits(control));
    // last of all: every effect that was seen was intended before
    Roll after = journal.roll();
    rows.saw(before, agenda, after);
    return new Sight(after, books);
  }

  /** Of all looks so far. */
  synchronized List<Verdict> verdicts() {
    return List.of(
        rows.verdict(),
        fences.verdict(),
        new Verdict(
            "permits",
            permits.stream().mapToLong(Verdict::looked).sum(),
            "budgets",
            permits.stream().flatMap(verdict -> verdict.violations().stream()).toList()));
  }

  @Override
  public void close() throws InterruptedException {
    stopped = true;
    thread.interrupt();
    thread.join();
    pool.close();
  }
}
