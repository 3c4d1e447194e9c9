package io.copyhold.chaos.fault;

import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.process.ProtectedFile;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All faults of an agent, each from being planned to being over.
 *
 * <ol>
 *   <li>A file with the way to undo it is durable before a fault is injected.
 *   <li>It is lifted when its time is over, when somebody asks, or when nobody renews its lease.
 *   <li>An agent that starts lifts whatever its predecessor left in effect.
 *   <li>What is over stays written down until it is forgotten, so that a late repeat of the request
 *       injects nothing again.
 * </ol>
 */
@PortAdapter
final class FaultBook implements Closeable {
  private static final Logger log = LoggerFactory.getLogger(FaultBook.class);

  /** How late a fault may be lifted. */
  private static final long LOOK_MS = 50;

  private static final String SUFFIX = ".json";

  /** What stands in a file. */
  private record Written(FaultState state, Undo undo) {}

  /** Takes back what a record says, as somebody who knows nothing else. */
  interface TakingBack {
    void take(Undo undo) throws IOException, InterruptedException;
  }

  private static final class Entry {
    final Injection injection;
    final Timing timing;
    final long begun;
    FaultState state;
    Undo undo = new Undo.Nothing();
    long injectedAt;
    long renewed;

    Entry(Injection injection, Timing timing, FaultState state, long now) {
      this.injection = injection;
      this.timing = timing;
      this.state = state;
      this.begun = now;
      this.renewed = now;
    }
  }

  private final Path directory;
  private final BiFunction<String, Fault, Injection> injections;
  private final TakingBack takingBack;
  private final LongSupplier nanos;
  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().factory());

  /**
   * @param directory of the files; what an earlier agent left there is taken back now
   * @param injections how a fault of an id is injected
   * @param takingBack how what an earlier agent left is taken back
   */
  FaultBook(Path directory, BiFunction<String, Fault, Injection> injections, TakingBack takingBack)
      throws IOException {
    this(directory, injections, takingBack, System::nanoTime);
  }

  /**
   * @param nanos the steady clock that times and leases are measured by
   */
  FaultBook(
      Path directory,
      BiFunction<String, Fault, Injection> injections,
      TakingBack takingBack,
      LongSupplier nanos)
      throws IOException {
    this.nanos = nanos;
    this.takingBack = takingBack;
    this.directory = Files.createDirectories(directory);
    this.injections = injections;
    takeBack();
    var _ = timer.scheduleWithFixedDelay(this::look, LOOK_MS, LOOK_MS, TimeUnit.MILLISECONDS);
  }

  /** Plans a fault. The same id again changes nothing. */
  synchronized FaultState plan(String id, Fault fault, Timing timing) throws IOException {
    Entry known = entries.get(id);
    if (known != null) {
      if (!known.state.fault().equals(fault)) {
        throw new ProblemException(
            Problem.conflict("fault-exists", "the fault exists as another one")
                .at(id)
                .todo("plan it under another id"));
      }
      return shown(known);
    }
    FaultState state = new FaultState(id, fault, null, null, Instant.now(), 0, null, null);
    Entry entry = new Entry(injections.apply(id, fault), timing, state, nanos.getAsLong());
    write(entry);
    entries.put(id, entry);
    look();
    return shown(entry);
  }

  /** Its controller is alive. */
  synchronized FaultState renew(String id) {
    Entry entry = entry(id);
    entry.renewed = nanos.getAsLong();
    return shown(entry);
  }

  /** Ends it now, and does nothing where it has ended. */
  synchronized FaultState lift(String id) {
    Entry entry = entry(id);
    end(entry, FaultState.End.LIFTED, nanos.getAsLong());
    return shown(entry);
  }

  /** Faults whose id begins so, in the order they were planned in. */
  synchronized List<FaultState> all(String prefix) {
    return entries.values().stream()
        .filter(entry -> entry.state.id().startsWith(prefix))
        .map(this::shown)
        .toList();
  }

  /** Removes what is over. */
  synchronized void forget(String prefix) throws IOException {
    for (FaultState state : all(prefix)) {
      if (state.end() != null) {
        entries.remove(state.id());
        Files.deleteIfExists(file(state.id()));
      }
    }
  }

  private Entry entry(String id) {
    Entry entry = entries.get(id);
    if (entry == null) {
      throw new ProblemException(
          Problem.notFound("fault-unknown", "there is no such fault").at(id));
    }
    return entry;
  }

  private FaultState shown(Entry entry) {
    FaultState s = entry.state;
    long ago = (nanos.getAsLong() - entry.begun) / 1_000_000;
    return new FaultState(
        s.id(), s.fault(), s.end(), s.note(), s.accepted(), ago, s.injected(), s.lifted());
  }

  /** Begins and ends what is due. */
  synchronized void look() {
    long now = nanos.getAsLong();
    for (Entry entry : entries.values()) {
      if (entry.state.end() != null) {
        continue;
      }
      if (ms(now - entry.renewed) >= entry.timing.leaseMs()) {
        end(entry, FaultState.End.LEASE, now);
      } else if (entry.state.injected() == null) {
        if (ms(now - entry.begun) >= entry.timing.afterMs()) {
          begin(entry, now);
        }
      } else if (ms(now - entry.injectedAt) >= entry.timing.forMs()) {
        end(entry, FaultState.End.TIME, now);
      }
    }
  }

  private static long ms(long nanos) {
    return nanos / 1_000_000;
  }

  private void begin(Entry entry, long now) {
    FaultState s = entry.state;
    try {
      entry.undo = entry.injection.prepare();
      entry.injectedAt = now;
      Instant at = Instant.now();
      FaultState.End end = entry.injection.momentary() ? FaultState.End.TIME : null;
      entry.state =
          new FaultState(
              s.id(), s.fault(), end, null, s.accepted(), 0, at, end == null ? null : at);
      write(entry); // the way back is durable before there is something to take back
      entry.injection.inject(entry.undo);
      log.atInfo().addKeyValue("fault", s.id()).log("injected");
    } catch (IOException | RuntimeException e) {
      entry.state =
          new FaultState(
              s.id(),
              s.fault(),
              FaultState.End.FAILED,
              String.valueOf(e.getMessage()),
              s.accepted(),
              0,
              null,
              Instant.now());
      log.atWarn().addKeyValue("fault", s.id()).setCause(e).log("not injected");
      keep(entry);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void end(Entry entry, FaultState.End why, long now) {
    FaultState s = entry.state;
    if (s.end() != null) {
      return;
    }
    if (s.injected() != null) {
      try {
        entry.injection.lift(entry.undo);
      } catch (IOException | RuntimeException e) {
        log.atError().addKeyValue("fault", s.id()).setCause(e).log("not lifted; tried again");
        return; // the next look tries again
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
    log.atInfo()
        .addKeyValue("fault", s.id())
        .addKeyValue("why", why)
        .addKeyValue("afterMs", ms(now - entry.begun))
        .log("lifted");
    entry.state =
        new FaultState(s.id(), s.fault(), why, null, s.accepted(), 0, s.injected(), Instant.now());
    keep(entry);
  }

  /** As {@link #write}, where a fault that is over must not come back because a disk is full. */
  private void keep(Entry entry) {
    try {
      write(entry);
    } catch (IOException e) {
      log.atWarn().addKeyValue("fault", entry.state.id()).setCause(e).log("not written down");
    }
  }

  private void write(Entry entry) throws IOException {
    ProtectedFile.write(
        file(entry.state.id()),
        Mappers.JSON.writeValueAsString(new Written(entry.state, entry.undo)));
  }

  private Path file(String id) {
    if (!id.matches("[a-z0-9][a-z0-9/.-]{0,150}")) {
      throw new ProblemException(
          Problem.invalid("fault-id", "a fault's id has letters, digits, '/', '.' and '-'").at(id));
    }
    return directory.resolve(id.replace('/', '_') + SUFFIX);
  }

  private void takeBack() throws IOException {
    List<Path> files;
    try (var listed = Files.list(directory)) {
      files = listed.filter(file -> file.toString().endsWith(SUFFIX)).sorted().toList();
    }
    for (Path file : files) {
      Written written = Mappers.JSON.readValue(Files.readString(file), Written.class);
      FaultState s = written.state();
      // what cannot be taken back now is taken back by a later look
      Entry entry = new Entry(new Left(takingBack), new Timing(0, 0, 500), s, nanos.getAsLong());
      entry.undo = written.undo();
      entry.injectedAt = entry.begun;
      entries.put(s.id(), entry);
      if (s.end() == null) {
        log.atWarn().addKeyValue("fault", s.id()).log("left by an earlier agent; taken back");
        end(entry, FaultState.End.AGENT, entry.begun);
      }
    }
  }

  /** What an earlier agent injected. */
  private record Left(TakingBack takingBack) implements Injection {
    @Override
    public void inject(Undo undo) {
      throw new IllegalStateException("injected once");
    }

    @Override
    public void lift(Undo undo) throws IOException, InterruptedException {
      takingBack.take(undo);
    }
  }

  /** Lifts all that is in effect. */
  @Override
  public void close() {
    timer.shutdownNow();
    synchronized (this) {
      for (Entry entry : entries.values()) {
        end(entry, FaultState.End.AGENT, nanos.getAsLong());
      }
    }
  }
}
