package io.copyhold.config.node;

import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.ProblemException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.coordination.lease.LeaseSettings;
import org.apache.pekko.coordination.lease.javadsl.Lease;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A lease in the control database, by the database's clock. The split-brain resolver of the side
 * that gets it goes on, and the other side ends; so two nodes, and even splits, are decided.
 *
 * <ol>
 *   <li>It is free, ours already, over, or held by a node whose process has ended: it is ours for
 *       {@code heartbeat-timeout}.
 *   <li>Somebody else has it: refused.
 *   <li>The database does not answer: asked again until it does. An outage of the database decides
 *       nothing, so it never downs a healthy cluster.
 * </ol>
 */
@PortAdapter
public final class DatabaseLease extends Lease {
  private static final Logger log = LoggerFactory.getLogger(DatabaseLease.class);
  private static final Duration ASK_AGAIN = Duration.ofMillis(500);

  private final LeaseSettings settings;
  private final LeaseSetup setup;
  private volatile boolean held;
  private volatile long heldUntil;

  /** Called by Pekko. */
  public DatabaseLease(LeaseSettings settings, ExtendedActorSystem system) {
    this(
        settings,
        system
            .settings()
            .setup()
            .get(LeaseSetup.class)
            .orElseThrow(
                () -> new IllegalStateException("the actor system was made without a LeaseSetup")));
  }

  DatabaseLease(LeaseSettings settings, LeaseSetup setup) {
    this.settings = settings;
    this.setup = setup;
  }

  @Override
  public LeaseSettings getSettings() {
    return settings;
  }

  @Override
  public CompletionStage<Boolean> acquire() {
    return CompletableFuture.supplyAsync(this::acquireAtLast, setup.blocking());
  }

  @Override
  public CompletionStage<Boolean> acquire(Consumer<Optional<Throwable>> lost) {
    return acquire(); // it is never lost early: it ends by its time alone
  }

  private boolean acquireAtLast() {
    while (true) {
      try {
        long asked = System.nanoTime();
        Duration lasting =
            Duration.ofNanos(settings.timeoutSettings().getHeartbeatTimeout().toNanos());
        boolean won = setup.leases().take(settings.leaseName(), owner(), lasting);
        heldUntil = asked + lasting.toNanos();
        held = won;
        log.atInfo()
            .addKeyValue("lease", settings.leaseName())
            .addKeyValue("owner", settings.ownerName())
            .log(won ? "lease taken: this side goes on" : "lease refused: the other side goes on");
        return won;
      } catch (ProblemException e) {
        log.atWarn()
            .addKeyValue("problem", e.problem().code())
            .log("lease not decided: the control database does not answer; asking again");
      }
      try {
        Thread.sleep(ASK_AGAIN);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new CompletionException(e);
      }
    }
  }

  /** {@code host:port}, as the addresses in the register end. */
  private String owner() {
    String owner = settings.ownerName();
    return owner.substring(owner.lastIndexOf('@') + 1);
  }

  @Override
  public CompletionStage<Boolean> release() {
    held = false;
    return CompletableFuture.supplyAsync(
        () -> {
          setup.leases().release(settings.leaseName(), owner()); // else it ends by its time
          return true;
        },
        setup.blocking());
  }

  @Override
  public boolean checkLease() {
    return held && heldUntil - System.nanoTime() > 0;
  }
}
