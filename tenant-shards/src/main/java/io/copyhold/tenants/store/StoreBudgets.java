package io.copyhold.tenants.store;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What this node may ask of stores: a share of what each declared, leased from the control
 * database. The shares of all nodes together never exceed the declaration, also while nodes come,
 * go, or stand still; a node that cannot renew its lease has none.
 */
public final class StoreBudgets implements Permits, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StoreBudgets.class);

  /** Looks at the leases per lease time; the first half time after a grant nothing is due. */
  private static final int LOOKS = 20;

  private final PermitLeases leases;
  private final Declared declared;
  private final BudgetSettings settings;
  private final InstantSource clock;
  private final Map<Budget, LocalShare> shares = new ConcurrentHashMap<>();
  private final ScheduledFuture<?> renewing;
  private volatile boolean closed;

  /** Port: what a store allows all nodes together. Called off actors; may block. */
  @FunctionalInterface
  public interface Declared {
    /**
     * @throws ProblemException {@code store-unknown}
     */
    int amount(String store, String kind);
  }

  private record Budget(String store, String kind) {}

  /**
   * Budgets of one node.
   *
   * @param leases of this node
   * @param timer renews leases; one thread, that may block
   */
  public StoreBudgets(
      PermitLeases leases,
      Declared declared,
      BudgetSettings settings,
      InstantSource clock,
      ScheduledExecutorService timer) {
    this.leases = leases;
    this.declared = declared;
    this.settings = settings;
    this.clock = clock;
    long every = Math.max(1, settings.lease().toMillis() / LOOKS);
    this.renewing =
        timer.scheduleWithFixedDelay(this::renewAll, every, every, TimeUnit.MILLISECONDS);
  }

  @Override
  public Permit take(String store, String kind) {
    Budget budget = new Budget(store, kind);
    try {
      while (!closed) {
        LocalShare share = share(budget);
        switch (share.take(settings.patience())) {
          case YES -> {
            return share::giveBack;
          }
          case LATE ->
              throw new ProblemException(Permits.exhausted(store, kind, settings.patience()));
          case RETIRED -> remove(budget, share);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ProblemException(Problem.unavailable("interrupted", "Stopped while waiting."), e);
    }
    throw new ProblemException(Problem.unavailable("node-stopping", "This node is stopping."));
  }

  /** After whoever retired it has given it back. */
  private synchronized void remove(Budget budget, LocalShare share) {
    shares.remove(budget, share);
  }

  /** The share; the first who asks for it also asks for the lease. */
  private LocalShare share(Budget budget) {
    LocalShare found = shares.get(budget);
    if (found != null) {
      return found;
    }
    LocalShare fresh = new LocalShare(clock, settings.waitersMax());
    LocalShare raced = shares.putIfAbsent(budget, fresh);
    if (raced != null) {
      return raced;
    }
    try {
      renew(budget, fresh);
    } catch (ProblemException e) {
      if (e.code().startsWith("control-database-")) {
        LOG.atWarn().addKeyValue("store", budget.store()).setCause(e).log("no budget yet");
        return fresh;
      }
      shares.remove(budget, fresh); // nobody knows the store: not a budget at all
      throw e;
    }
    return fresh;
  }

  private void renewAll() {
    shares.forEach((budget, share) -> {
      try {
        Instant now = clock.instant();
        if (!retired(budget, share, now.minus(settings.idle()))
            && share.wantsRenewal(now.plus(settings.lease().dividedBy(2)))) {
          renew(budget, share);
        }
      } catch (RuntimeException e) {
        LOG.atWarn().addKeyValue("store", budget.store()).setCause(e).log("budget not renewed");
      }
    });
  }

  private synchronized boolean retired(Budget budget, LocalShare share, Instant unusedSince) {
    if (!share.retire(unusedSince)) {
      return false;
    }
    leases.giveBack(budget.store(), budget.kind());
    shares.remove(budget, share);
    return true;
  }

  private synchronized void renew(Budget budget, LocalShare share) {
    int amount = declared.amount(budget.store(), budget.kind());
    Instant asked = clock.instant(); // before the database counts, so our lease ends first
    int inUse = share.freeze();
    boolean answered = false;
    try {
      PermitLeases.Grant grant =
          leases.renew(budget.store(), budget.kind(), amount, inUse, settings.lease());
      share.granted(grant, asked.plus(settings.lease()).minus(settings.margin()));
      answered = true;
    } finally {
      if (!answered) {
        share.unknown(inUse);
      }
    }
  }

  /** Gives all shares back; one still in use is not handed to others before its lease has ended. */
  @Override
  public void close() {
    closed = true;
    renewing.cancel(false);
    shares.forEach((budget, share) -> {
      try {
        retired(budget, share, Instant.MAX);
      } catch (ProblemException e) {
        LOG.atWarn().addKeyValue("store", budget.store()).setCause(e).log("budget ends by itself");
      }
    });
  }
}
