package io.copyhold.chaos.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.copyhold.chaos.fault.FaultState.End;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.journal.Mappers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@PortAdapter
class FaultBookTest {
  private static final long LONG = 3_600_000;
  private static final long PATIENCE_MS = 60_000;
  private static final Fault SLOW = new Fault.SlowStore("store-a", 10, 0, 0);

  @TempDir private Path directory;
  private final AtomicLong nanos = new AtomicLong();
  private final List<String> done = new CopyOnWriteArrayList<>();
  private FaultBook book;

  @BeforeEach
  void open() throws IOException {
    book = new FaultBook(directory, (id, _) -> noting(id), FaultBookTest::takeBack, nanos::get);
  }

  @AfterEach
  void close() {
    book.close();
  }

  /** An injection that writes down what is asked of it, and what lies in the directory then. */
  private Injection noting(String id) {
    return new Injection() {
      @Override
      public void inject(Undo undo) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
          done.add("inject " + id + " with " + files.count() + " record");
        }
      }

      @Override
      public void lift(Undo undo) {
        done.add("lift " + id);
      }
    };
  }

  private static void takeBack(Undo undo) throws IOException, InterruptedException {
    Processes.signal("CONT", undo);
  }

  private FaultState state() {
    return book.all("x/1/0").getFirst();
  }

  private void passes(long ms) {
    nanos.addAndGet(ms * 1_000_000);
    book.look();
  }

  @Test
  void theRecordIsThereBeforeTheFault() throws IOException {
    book.plan("x/1/0", SLOW, new Timing(0, LONG, LONG));
    assertThat(done).containsExactly("inject x/1/0 with 1 record");
    assertThat(book.lift("x/1/0").end()).isEqualTo(End.LIFTED);
    assertThat(done).hasSize(2).last().isEqualTo("lift x/1/0");
  }

  @Test
  void planningAndLiftingAgainDoNothingMore() throws IOException {
    book.plan("x/1/0", SLOW, new Timing(0, LONG, LONG));
    book.plan("x/1/0", SLOW, new Timing(0, LONG, LONG));
    book.lift("x/1/0");
    book.lift("x/1/0");
    assertThat(book.plan("x/1/0", SLOW, new Timing(0, LONG, LONG)).end()).isEqualTo(End.LIFTED);
    assertThat(done).hasSize(2);
    assertThatThrownBy(
            () -> book.plan("x/1/0", new Fault.KillNode("node-1"), new Timing(0, LONG, LONG)))
        .isInstanceOf(ProblemException.class);
  }

  @Test
  void itEndsWhenItsTimeIsOver() throws IOException {
    book.plan("x/1/0", SLOW, new Timing(0, 5_000, LONG));
    passes(4_999);
    assertThat(state().active()).isTrue();
    passes(1);
    assertThat(state().end()).isEqualTo(End.TIME);
    assertThat(done).contains("lift x/1/0");
  }

  @Test
  void itEndsWhenNobodyRenewsItsLease() throws IOException {
    book.plan("x/1/0", SLOW, new Timing(0, LONG, 3_000));
    passes(2_000);
    book.renew("x/1/0");
    passes(2_999);
    assertThat(state().active()).isTrue();
    passes(1);
    assertThat(state().end()).isEqualTo(End.LEASE);
    assertThat(done).contains("lift x/1/0");
  }

  @Test
  void itBeginsAtItsTime() throws IOException {
    book.plan("x/1/0", SLOW, new Timing(1_000, 5_000, LONG));
    passes(999);
    assertThat(done).isEmpty();
    passes(1);
    assertThat(state().active()).isTrue();
    passes(4_999);
    assertThat(state().active()).isTrue();
  }

  @Test
  void theBookLooksByItself() throws IOException {
    book.close();
    book = new FaultBook(directory, (id, _) -> noting(id), FaultBookTest::takeBack);
    book.plan("x/1/0", SLOW, new Timing(100, 100, LONG));
    long end = System.nanoTime() + PATIENCE_MS * 1_000_000;
    while (state().end() == null) {
      assertThat(System.nanoTime()).isLessThan(end);
      Thread.onSpinWait();
    }
    assertThat(state().end()).isEqualTo(End.TIME);
    assertThat(done).hasSize(2);
  }

  @Test
  void whatWaitsForItsTimeIsNotInjectedOnceLifted() throws IOException {
    book.plan("x/1/0", SLOW, new Timing(LONG, LONG, LONG));
    assertThat(book.lift("x/1/0").injected()).isNull();
    assertThat(done).isEmpty();
  }

  @Test
  void whatCannotBeInjectedSaysWhy() throws IOException {
    book.close();
    book =
        new FaultBook(
            directory,
            (_, _) ->
                new Injection() {
                  @Override
                  public void inject(Undo undo) throws IOException {
                    throw new IOException("no such thing");
                  }

                  @Override
                  public void lift(Undo undo) {
                    done.add("lift");
                  }
                },
            FaultBookTest::takeBack);
    FaultState state = book.plan("x/1/0", SLOW, new Timing(0, LONG, LONG));
    assertThat(state.end()).isEqualTo(End.FAILED);
    assertThat(state.note()).isEqualTo("no such thing");
  }

  @Test
  void theNextAgentTakesBackWhatThisOneLeft() throws Exception {
    Process sleeper = new ProcessBuilder("sleep", "3600").start();
    try {
      var started = sleeper.info().startInstant().orElseThrow();
      Undo undo = new Undo.Resume(sleeper.pid(), started);
      Processes.signal("STOP", undo);
      awaitState(sleeper, 'T');
      // what an agent that was killed leaves behind: the record, and nobody who knows of it
      book.plan("x/1/0", new Fault.PauseNode("node-1"), new Timing(0, LONG, LONG));
      Path file = directory.resolve("x_1_0.json");
      String orphan =
          Files.readString(file)
              .replace("{\"kind\":\"Nothing\"}", Mappers.tree(undo, Undo.class).toString());
      assertThat(orphan).contains("Resume");
      book.close();
      Files.writeString(file, orphan);
      book = new FaultBook(directory, (id, _) -> noting(id), FaultBookTest::takeBack);
      awaitState(sleeper, 'S');
      assertThat(book.all("x/1/").getFirst().end()).isEqualTo(End.AGENT);
      assertThat(book.plan("x/1/0", new Fault.PauseNode("node-1"), new Timing(0, 0, LONG)).end())
          .as("a late repeat of the request")
          .isEqualTo(End.AGENT);
      book.forget("x/1/");
      assertThat(book.all("")).isEmpty();
      assertThat(directory).isEmptyDirectory();
    } finally {
      sleeper.destroyForcibly();
    }
  }

  @Test
  void whatCannotBeTakenBackNowIsTakenBackLater() throws Exception {
    book.plan("x/1/0", SLOW, new Timing(0, LONG, LONG));
    Path file = directory.resolve("x_1_0.json");
    String orphan = Files.readString(file);
    book.close();
    Files.writeString(file, orphan);
    List<Undo> tries = new CopyOnWriteArrayList<>();
    book =
        new FaultBook(
            directory,
            (id, _) -> noting(id),
            undo -> {
              tries.add(undo);
              if (tries.size() < 3) {
                throw new IOException("not now");
              }
            });
    long end = System.nanoTime() + PATIENCE_MS * 1_000_000;
    while (state().end() == null) {
      assertThat(System.nanoTime()).isLessThan(end);
      Thread.onSpinWait();
    }
    assertThat(tries).hasSize(3).containsOnly(new Undo.Nothing());
    assertThat(Files.readString(file)).contains("\"end\":\"");
  }

  /** Another process with the same number is not the one that was stopped. */
  @Test
  void aProcessOfTheSameNumberIsLeftAlone() throws Exception {
    Process sleeper = new ProcessBuilder("sleep", "3600").start();
    try {
      var started = sleeper.info().startInstant().orElseThrow();
      Processes.signal("STOP", new Undo.Resume(sleeper.pid(), started.minusSeconds(60)));
      Processes.signal("STOP", new Undo.Nothing());
      awaitState(sleeper, 'S');
    } finally {
      sleeper.destroyForcibly();
    }
  }

  private static void awaitState(Process process, char wanted) throws IOException {
    long end = System.nanoTime() + PATIENCE_MS * 1_000_000;
    while (true) {
      String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
      if (stat.charAt(stat.lastIndexOf(')') + 2) == wanted) {
        return;
      }
      assertThat(System.nanoTime()).as(stat).isLessThan(end);
      Thread.onSpinWait();
    }
  }
}
