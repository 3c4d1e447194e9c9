package io.copyhold.config.node;

import com.typesafe.config.Config;
import io.copyhold.runtime.PortAdapter;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.event.EventStream;
import org.apache.pekko.remote.FailureDetector;
import org.apache.pekko.remote.FailureDetectorWithAddress;
import org.jspecify.annotations.Nullable;

/**
 * Whether one other node is reachable, by its heartbeats. Three things make it differ from a plain
 * deadline:
 *
 * <ol>
 *   <li>its patience grows with the stalls that this process saw of itself ({@link Pauses}), so
 *       that a machine that stalls does not take its neighbours for dead;
 *   <li>silence counts only from the end of an own stall;
 *   <li>a process that is known to have ended is unreachable at once, whatever its last heartbeat.
 * </ol>
 *
 * <p>Pekko makes it from its class name and gives it nothing but its configuration; what it needs
 * to know is therefore held once per process.
 */
@PortAdapter
public final class PatientFailureDetector implements FailureDetector, FailureDetectorWithAddress {
  private static final Set<String> ENDED = ConcurrentHashMap.newKeySet();
  private static volatile @Nullable Pauses pauses;

  private final long intervalNanos;
  private final long pauseNanos;
  private volatile String address = "";
  private volatile boolean monitoring;
  private volatile long last;

  /**
   * Called by Pekko.
   *
   * @param config the section {@code pekko.cluster.failure-detector}
   */
  public PatientFailureDetector(Config config, EventStream unused) {
    this(
        config.getDuration("heartbeat-interval"), config.getDuration("acceptable-heartbeat-pause"));
  }

  PatientFailureDetector(Duration interval, Duration pause) {
    this.intervalNanos = interval.toNanos();
    this.pauseNanos = pause.toNanos();
  }

  static void listenWith(Pauses seen) {
    pauses = seen;
  }

  /** A process is known to have ended, or another has begun at its address. */
  static void ended(String address, boolean ended) {
    if (ended) {
      ENDED.add(address);
    } else {
      ENDED.remove(address);
    }
  }

  @Override
  public void setAddress(String address) {
    this.address = address;
  }

  @Override
  public void heartbeat() {
    last = System.nanoTime();
    monitoring = true;
  }

  @Override
  public boolean isMonitoring() {
    return monitoring;
  }

  @Override
  public boolean isAvailable() {
    return availableAt(System.nanoTime());
  }

  boolean availableAt(long now) {
    if (!monitoring) {
      return true; // Pekko sends a first heartbeat itself, so that silence is noticed
    }
    if (ENDED.contains(address)) {
      return false;
    }
    Pauses seen = pauses;
    long since = seen == null ? last : seen.listeningSince(now, last);
    long patience = seen == null ? pauseNanos : Math.max(pauseNanos, seen.patience(now).toNanos());
    return now - since < patience + intervalNanos;
  }

  @Override
  public String toString() {
    return "silent for "
        + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - last)
        + " ms: "
        + address;
  }
}
