package io.copyhold.config.node;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What a node knows of its own stalls, and what follows from them. Time comes in as monotonic
 * nanoseconds, so this is testable without a clock. Thread-safe.
 *
 * <ol>
 *   <li>Somebody ticks at a steady pace. A tick that comes late was a stall of all that is late.
 *   <li>After a stall longer than the others' patience, or while a tick is that late, the fence is
 *       closed: others may have taken over. Who asks whether it is open looks at the time himself,
 *       so that no thread that wakes before the ticking one slips through.
 *   <li>The fence opens when the register has confirmed this life, after the stall.
 *   <li>Stalls that were seen widen the patience with others, for a while: a machine that stalls
 *       here stalls there.
 * </ol>
 */
public final class Pauses {
  /** Shorter ones are what every busy machine does. */
  private static final Duration WORTH_COUNTING = Duration.ofMillis(200);

  /** Patience is this much of the longest stall. */
  private static final double WIDENING = 1.5;

  private record Stall(long at, long nanos) {}

  private final PauseSettings settings;
  private final Deque<Stall> recent = new ArrayDeque<>();
  private long lastTick;
  private long lastStallEnd;
  private boolean stalled;
  private boolean closed;
  private long generation;
  private long count;
  private long longest;
  private long total;

  public Pauses(PauseSettings settings, long now) {
    this.settings = settings;
    this.lastTick = now;
  }

  /** The steady tick. */
  synchronized void tick(long now) {
    long late = now - lastTick - settings.tick().toNanos();
    if (late >= settings.fenceAfter().toNanos()) {
      close();
    }
    if (late >= WORTH_COUNTING.toNanos()) {
      count++;
      total += late;
      longest = Math.max(longest, late);
      recent.addLast(new Stall(now, late));
      if (recent.size() > settings.remembered()) {
        recent.removeFirst();
      }
      stalled = true;
      lastStallEnd = now;
    }
    lastTick = now; // last: until here, open() sees for itself that it is late
  }

  /** Closes the fence until the register has confirmed this life. */
  synchronized void close() {
    closed = true;
    generation++;
  }

  /** Whether steps may begin and answers be given. */
  public synchronized boolean open(long now) {
    return !closed && now - lastTick < settings.fenceAfter().toNanos();
  }

  /** Names the closing that a confirmation is for; 0 while nothing needs one. */
  synchronized long unconfirmed() {
    return closed ? generation : 0;
  }

  /** The register has confirmed this life; another stall meanwhile needs another confirmation. */
  synchronized void confirmed(long generation) {
    if (generation == this.generation) {
      closed = false;
    }
  }

  /** How long another node may be silent before it counts as unreachable. */
  public synchronized Duration patience(long now) {
    while (!recent.isEmpty() && now - recent.getFirst().at() > settings.rememberedFor().toNanos()) {
      recent.removeFirst();
    }
    long worst = recent.stream().mapToLong(Stall::nanos).max().orElse(0);
    long wide = (long) Math.min(settings.patienceMax().toNanos(), worst * WIDENING);
    return Duration.ofNanos(Math.max(settings.patience().toNanos(), wide));
  }

  /**
   * From when on the silence of others counts: what they sent while this node was stalled may still
   * be on its way.
   */
  synchronized long listeningSince(long now, long otherwise) {
    if (now - lastTick > WORTH_COUNTING.toNanos()) {
      return now; // stalled this very moment
    }
    return stalled && lastStallEnd - otherwise > 0 ? lastStallEnd : otherwise;
  }

  /** Stalls seen since the start. */
  public synchronized long count() {
    return count;
  }

  public synchronized Duration longest() {
    return Duration.ofNanos(longest);
  }

  public synchronized Duration total() {
    return Duration.ofNanos(total);
  }
}
