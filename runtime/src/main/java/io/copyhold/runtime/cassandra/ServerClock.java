package io.copyhold.runtime.cassandra;

import com.datastax.oss.driver.api.core.cql.Row;
import io.copyhold.runtime.PortAdapter;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;

/**
 * The time of the Cassandra node that answers, so that clocks of Copyhold's nodes do not matter.
 * Cassandra has no one clock: two answers may differ by as much as its nodes' clocks do. Calls
 * block.
 */
@PortAdapter
public final class ServerClock {
  /** Asked again after this; in between, this process measures the time that passes. */
  private static final Duration AGAIN = Duration.ofSeconds(1);

  private record Seen(Instant time, long atNanos) {}

  private final ControlKeyspace keyspace;
  private volatile Seen seen;

  public ServerClock(ControlKeyspace keyspace) {
    this.keyspace = keyspace;
    this.seen = new Seen(Instant.EPOCH, System.nanoTime() - AGAIN.toNanos());
  }

  /** What time it is, from an answer that is a second old at most. */
  public Instant now() {
    Seen last = seen;
    long passed = System.nanoTime() - last.atNanos();
    return passed < AGAIN.toNanos() ? last.time().plusNanos(passed) : fresh();
  }

  /** What time it is, asked for now. */
  public Instant fresh() {
    long before = System.nanoTime();
    List<Row> rows =
        ControlKeyspace.await(keyspace.rows("SELECT toTimestamp(now()) AS now FROM system.local"));
    Instant told = Objects.requireNonNull(rows.getFirst().getInstant("now"));
    long after = System.nanoTime();
    Seen fresh = new Seen(told.plusNanos((after - before) / 2), after);
    seen = fresh;
    return fresh.time();
  }
}
