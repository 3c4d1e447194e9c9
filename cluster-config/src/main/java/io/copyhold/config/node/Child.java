package io.copyhold.config.node;

import io.copyhold.config.node.ChildState.Phase;
import io.copyhold.runtime.PortAdapter;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One process that is kept running: started again when it ends by itself, with growing pauses. */
@PortAdapter
final class Child {
  private static final Logger LOG = LoggerFactory.getLogger(Child.class);

  /** Between two looks whether one that stays away is wanted back. */
  private static final Duration LOOK = Duration.ofMillis(500);

  /** Starts the process; returns when it is of use. */
  interface Starter {
    Running start() throws Exception;

    /** Whether a process that ended with this was told to stay away. */
    default boolean staysAway(int exitStatus) {
      return false;
    }

    /** What must pass, at least, before it is started again after it ended with this. */
    default Duration pauseAfter(int exitStatus) {
      return Duration.ZERO;
    }

    /** Whether one that stays away is wanted back; asked again and again. */
    default boolean wantedBack() {
      return true;
    }
  }

  /** The process while it runs. */
  interface Running {
    long pid();

    /** Completes with the exit code, whatever the reason. */
    CompletableFuture<Integer> exited();

    /** Ends it cleanly, or at its limit by force, and waits for that. */
    void stop();
  }

  /** Hears of each change. */
  interface Listener {
    void changed(Child child);

    /** The process ended by itself. */
    void ended(Child child);
  }

  private final String name;
  private final int port;
  private final Starter starter;
  private final RestartSettings settings;
  private final RandomGenerator random;
  private final Listener listener;
  private final CountDownLatch stopping = new CountDownLatch(1);
  private @Nullable Running running;
  private @Nullable Thread watcher;
  private volatile ChildState state;

  Child(
      String name,
      int port,
      Starter starter,
      RestartSettings settings,
      RandomGenerator random,
      Listener listener) {
    this.name = name;
    this.port = port;
    this.starter = starter;
    this.settings = settings;
    this.random = random;
    this.listener = listener;
    this.state = new ChildState(name, Phase.STARTING, 0, port, 0, "");
  }

  String name() {
    return name;
  }

  ChildState state() {
    return state;
  }

  /** The first start, whose failure the caller hears; from then on the child is watched. */
  void start() throws Exception {
    change(Phase.STARTING, 0, 0, "");
    Running first = starter.start();
    if (keep(first, 0)) {
      watcher = Thread.ofVirtual().name("copyhold-child-" + name).start(() -> watch(first));
    }
  }

  /** Ends the child and the watch over it. */
  void stop() {
    Running last;
    synchronized (this) {
      stopping.countDown();
      last = running;
    }
    if (last != null) {
      last.stop();
    }
    try {
      if (watcher != null) {
        watcher.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    change(Phase.STOPPED, 0, state.restarts(), "");
  }

  private void watch(Running first) {
    try {
      Running current = first;
      int attempt = 0;
      while (true) {
        long began = System.nanoTime();
        int code = current.exited().get();
        if (stopped()) {
          return;
        }
        if (System.nanoTime() - began > settings.steadyAfter().toNanos()) {
          attempt = 0;
        }
        current.stop(); // frees what the owner of a dead process still holds
        listener.ended(this);
        String why = "ended with " + code;
        Duration least = starter.pauseAfter(code);
        if (starter.staysAway(code)) {
          LOG.atInfo().addKeyValue("child", name).log("left as it was asked to");
          change(Phase.LEFT, 0, state.restarts(), "copyhold node start " + name);
          while (!starter.wantedBack()) {
            if (stopping.await(LOOK.toMillis(), TimeUnit.MILLISECONDS)) {
              return;
            }
          }
          why = "wanted back";
          least = Duration.ZERO;
          attempt = 0;
        }
        Running next = null;
        while (next == null) {
          attempt++;
          if (attempt > settings.attempts()) {
            LOG.atError().addKeyValue("child", name).addKeyValue("why", why).log("gave up");
            change(Phase.GAVE_UP, 0, state.restarts(), why);
            return;
          }
          Duration backoff = settings.backoff(attempt, random);
          Duration pause = backoff.compareTo(least) < 0 ? least : backoff;
          LOG.atWarn()
              .addKeyValue("child", name)
              .addKeyValue("why", why)
              .addKeyValue("attempt", attempt)
              .addKeyValue("pauseMs", pause.toMillis())
              .log("starting again");
          change(Phase.RESTARTING, 0, state.restarts(), why);
          if (stopping.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
            return;
          }
          try {
            next = starter.start();
          } catch (Exception e) {
            why = e.getMessage() == null ? e.toString() : e.getMessage();
          }
        }
        if (!keep(next, 1)) {
          return;
        }
        current = next;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Exception e) {
      LOG.atError().addKeyValue("child", name).setCause(e).log("no longer watched");
      change(Phase.GAVE_UP, 0, state.restarts(), e.toString());
    }
  }

  /** Takes the started process, unless a stop came in between: then it is ended again. */
  private boolean keep(Running started, int more) {
    synchronized (this) {
      if (!stopped()) {
        running = started;
        change(Phase.RUNNING, started.pid(), state.restarts() + more, "");
        return true;
      }
    }
    started.stop();
    return false;
  }

  private boolean stopped() {
    return stopping.getCount() == 0;
  }

  private void change(Phase phase, long pid, int restarts, String note) {
    state = new ChildState(name, phase, pid, port, restarts, note);
    listener.changed(this);
  }
}
