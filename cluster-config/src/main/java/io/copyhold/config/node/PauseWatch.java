package io.copyhold.config.node;

import io.copyhold.config.node.NodeRegister.Standing;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.ProblemException;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices that this process was itself asleep (stopped, swapped out, starved), and keeps it from
 * acting on what it knew before: until the register has confirmed that it is still a member, no
 * step begins and no entity answers. A node that was replaced meanwhile ends.
 */
@PortAdapter
public final class PauseWatch implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(PauseWatch.class);

  /** Between two questions while the register does not know or does not answer. */
  private static final Duration ASK_AGAIN = Duration.ofMillis(250);

  /** Asks the register about this life. */
  public interface Question {
    Standing ask();
  }

  private final Pauses pauses;
  private final PauseSettings settings;
  private final Question question;
  private final Executor blocking;
  private final Runnable gone;
  private final AtomicBoolean asking = new AtomicBoolean();
  private volatile boolean stopped;

  private PauseWatch(PauseSettings settings, Question question, Executor blocking, Runnable gone) {
    this.pauses = new Pauses(settings, System.nanoTime());
    this.settings = settings;
    this.question = question;
    this.blocking = blocking;
    this.gone = gone;
  }

  /**
   * Watches on a thread of its own.
   *
   * @param blocking where questions block; virtual threads will do
   * @param gone called once when others have taken over: this process must end at once
   */
  public static PauseWatch start(
      PauseSettings settings, Question question, Executor blocking, Runnable gone) {
    PauseWatch watch = new PauseWatch(settings, question, blocking, gone);
    PatientFailureDetector.listenWith(watch.pauses);
    Thread.ofPlatform()
        .name("copyhold-pause-watch")
        .daemon(true)
        .priority(Thread.MAX_PRIORITY)
        .start(watch::run);
    return watch;
  }

  private void run() {
    long counted = 0;
    try {
      while (!stopped) {
        Thread.sleep(settings.tick());
        pauses.tick(System.nanoTime());
        if (pauses.unconfirmed() != 0 && asking.compareAndSet(false, true)) {
          blocking.execute(this::confirm);
        }
        if (pauses.count() != counted) {
          counted = pauses.count();
          log.atInfo()
              .addKeyValue("stalls", counted)
              .addKeyValue("longestMs", pauses.longest().toMillis())
              .addKeyValue("patienceMs", patience().toMillis())
              .log("this process was stalled");
        }
      }
    } catch (InterruptedException | RejectedExecutionException e) {
      log.atDebug().log("no longer watched: the node ends");
    }
  }

  private void confirm() {
    try {
      long generation;
      while (!stopped && (generation = pauses.unconfirmed()) != 0) {
        switch (standing()) {
          case MEMBER -> {
            pauses.confirmed(generation);
            log.atInfo().log("still a member after a stall: going on");
          }
          case GONE -> {
            log.atWarn().log("others have taken over during a stall: this process ends");
            stopped = true;
            gone.run();
          }
          case UNSURE -> Thread.sleep(ASK_AGAIN);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      asking.set(false);
    }
  }

  private Standing standing() {
    try {
      return question.ask();
    } catch (ProblemException e) {
      log.atWarn().addKeyValue("problem", e.problem().code()).log("the register does not answer");
      return Standing.UNSURE;
    }
  }

  /** Whether steps may begin and entities may answer. */
  public boolean open() {
    return pauses.open(System.nanoTime());
  }

  /** The executor of steps: none begins while the fence is closed. */
  public Executor fenced(Executor steps) {
    return step ->
        steps.execute(() -> {
          try {
            while (!open()) {
              if (stopped) {
                return; // whoever took over begins it
              }
              Thread.sleep(settings.tick());
            }
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the step sees it and stops
          }
          step.run();
        });
  }

  /** How long another node may be silent now before it counts as unreachable. */
  public Duration patience() {
    return pauses.patience(System.nanoTime());
  }

  /** What was seen so far. */
  public Pauses pauses() {
    return pauses;
  }

  @Override
  public void close() {
    stopped = true;
  }
}
