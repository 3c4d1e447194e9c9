package io.copyhold.tenants.store;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * This node's share of one budget, handed out first come first served. Nothing is handed out after
 * the lease has ended; what is out then comes back when its user is done.
 */
final class LocalShare {
  private final InstantSource clock;
  private final int waitersMax;
  private final ReentrantLock lock = new ReentrantLock();
  private final ArrayDeque<Condition> waiting = new ArrayDeque<>();
  private int amount;
  private int fair;
  private int inUse;
  private Instant until = Instant.MIN;
  private Instant used;
  private boolean frozen;
  private boolean retired;

  /** What came of waiting. */
  enum Taken {
    YES,
    /** The limit is over, or too many wait. */
    LATE,
    /** The share was given back; another one takes its place. */
    RETIRED
  }

  LocalShare(InstantSource clock, int waitersMax) {
    this.clock = clock;
    this.waitersMax = waitersMax;
    this.used = clock.instant();
  }

  /** Waits for its turn and a free permit. */
  Taken take(Duration limit) throws InterruptedException {
    long left = limit.toNanos();
    lock.lock();
    try {
      if (retired) {
        return Taken.RETIRED;
      }
      used = clock.instant();
      if (waiting.isEmpty() && free()) {
        inUse++;
        return Taken.YES;
      }
      if (waiting.size() >= waitersMax) {
        return Taken.LATE;
      }
      Condition turn = lock.newCondition();
      waiting.addLast(turn);
      try {
        while (!(turn.equals(waiting.peekFirst()) && free())) {
          if (left <= 0) {
            return Taken.LATE;
          }
          left = turn.awaitNanos(left);
        }
        inUse++;
        return Taken.YES;
      } finally {
        waiting.remove(turn);
        wake();
      }
    } finally {
      lock.unlock();
    }
  }

  void giveBack() {
    lock.lock();
    try {
      inUse--;
      used = clock.instant();
      wake();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Before the lease is asked for again: hands out nothing until {@link #granted} or {@link
   * #unknown}, so that what is in use cannot grow past what is about to be granted.
   *
   * @return permits in use
   */
  int freeze() {
    lock.lock();
    try {
      frozen = true;
      return inUse;
    } finally {
      lock.unlock();
    }
  }

  void granted(PermitLeases.Grant grant, Instant end) {
    lock.lock();
    try {
      frozen = false;
      amount = grant.amount();
      fair = grant.fair();
      until = end;
      wake();
    } finally {
      lock.unlock();
    }
  }

  /**
   * The database did not answer: it may have granted less than before, but not less than was in use
   * then.
   */
  void unknown(int inUseThen) {
    lock.lock();
    try {
      frozen = false;
      amount = Math.min(amount, inUseThen);
    } finally {
      lock.unlock();
    }
  }

  /** Ends the share when nobody has used it since; true when it has ended. */
  boolean retire(Instant unusedSince) {
    lock.lock();
    try {
      if (!retired && inUse == 0 && waiting.isEmpty() && used.isBefore(unusedSince)) {
        retired = true;
        amount = 0;
      }
      return retired;
    } finally {
      lock.unlock();
    }
  }

  /**
   * No lease, or one that ends before the moment, or less than the fair share while somebody waits.
   */
  boolean wantsRenewal(Instant before) {
    lock.lock();
    try {
      return until.isBefore(before) || (amount < fair && !waiting.isEmpty());
    } finally {
      lock.unlock();
    }
  }

  private boolean free() {
    return !frozen && inUse < amount && clock.instant().isBefore(until);
  }

  private void wake() {
    Condition first = waiting.peekFirst();
    if (first != null) {
      first.signal();
    }
  }
}
