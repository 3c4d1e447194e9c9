package io.copyhold.config.node;

import com.datastax.oss.driver.api.core.cql.Row;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.cassandra.ControlKeyspace;
import io.copyhold.runtime.cassandra.ServerClock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;

/**
 * The leases in Cassandra, taken by lightweight transactions. Whether one is over is told by the
 * clock of the Cassandra node that answers; a lease lasts much longer than those clocks differ.
 */
public final class CassandraSplitLeases implements SplitLeases {
  /** Both sides of a split have a handful of nodes that ask. */
  private static final int ATTEMPTS = 20;

  private final ControlKeyspace keyspace;
  private final ServerClock clock;

  /**
   * @param keyspace with the tables of {@link CassandraNodeRegister#SCHEMA}
   */
  public CassandraSplitLeases(ControlKeyspace keyspace) {
    this.keyspace = keyspace;
    this.clock = new ServerClock(keyspace);
  }

  @Override
  public boolean take(String name, String owner, Duration lasting) {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      List<Row> rows =
          ControlKeyspace.await(
              keyspace.rowsSerially(
                  "SELECT owner, since, until FROM sbr_lease WHERE one = 'all' AND name = ?",
                  name));
      Instant now = clock.fresh();
      if (rows.isEmpty()) {
        if (ControlKeyspace.await(
            keyspace.conditionally(
                "INSERT INTO sbr_lease (one, name, owner, since, until)"
                    + " VALUES ('all', ?, ?, ?, ?) IF NOT EXISTS",
                name,
                owner,
                now,
                now.plus(lasting)))) {
          return true;
        }
        continue;
      }
      String holder = Objects.requireNonNull(rows.getFirst().getString("owner"));
      Instant since = Objects.requireNonNull(rows.getFirst().getInstant("since"));
      Instant until = Objects.requireNonNull(rows.getFirst().getInstant("until"));
      if (!holder.equals(owner) && !until.isBefore(now) && !ended(holder)) {
        return false;
      }
      if (ControlKeyspace.await(
          keyspace.conditionally(
              "UPDATE sbr_lease SET owner = ?, since = ?, until = ?"
                  + " WHERE one = 'all' AND name = ? IF owner = ? AND since = ?",
              owner,
              now,
              now.plus(lasting),
              name,
              holder,
              since))) {
        return true;
      }
    }
    throw new ProblemException(
        Problem.unavailable("lease-contended", "too many ask for a lease at once")
            .at(name)
            .todo("it is tried again"));
  }

  private boolean ended(String holder) {
    return ControlKeyspace.await(
            keyspace.rowsSerially("SELECT address, state FROM node WHERE one = 'all'"))
        .stream()
        .anyMatch(row -> {
          String address = row.getString("address");
          return address != null
              && address.endsWith("@" + holder)
              && "ended".equals(row.getString("state"));
        });
  }

  @Override
  public void release(String name, String owner) {
    ControlKeyspace.await(
        keyspace.conditionally(
            "DELETE FROM sbr_lease WHERE one = 'all' AND name = ? IF owner = ?", name, owner));
  }
}
