package io.copyhold.chaos.bench;

import com.zaxxer.hikari.HikariDataSource;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.flow.GroupCommit;
import io.copyhold.runtime.postgres.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * As little as a durable journal can do: awaited appends through a group commit, two writers, one
 * multi-row insert per group, no terms, no agenda, no actors.
 */
@PortAdapter
final class FloorOperations implements OperationsSide {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final int WRITERS = 2;
  private static final int GROUP_MAX = 256;
  private static final int QUEUE_MAX = 10_000;
  private static final String INSERT =
      "insert into floor_event (entity, version, payload) select * from unnest(?, ?, ?)";

  private record Append(String entity, long version) {}

  private final int events;
  private final byte[] payload;
  private final HikariDataSource pool;
  private final ExecutorService blocking = Executors.newVirtualThreadPerTaskExecutor();
  private final GroupCommit<Append, Boolean> writes;

  FloorOperations(Database database, int events, int payloadBytes) throws SQLException {
    this.events = events;
    this.payload = new byte[payloadBytes];
    Arrays.fill(payload, (byte) 'x');
    this.pool = BenchPool.open(database, WRITERS).pool();
    try (Connection c = pool.getConnection();
        Statement s = c.createStatement()) {
      s.execute(
          "create table if not exists floor_event"
              + " (entity text, version bigint, payload bytea, primary key (entity, version))");
    }
    this.writes =
        new GroupCommit<>(
            "floor",
            blocking,
            new GroupCommit.Limits(WRITERS, GROUP_MAX, Long.MAX_VALUE, QUEUE_MAX),
            this::write);
  }

  private List<Boolean> write(List<Append> group) {
    try (Connection c = pool.getConnection();
        PreparedStatement s = c.prepareStatement(INSERT)) {
      byte[][] payloads = new byte[group.size()][];
      Arrays.fill(payloads, payload);
      s.setArray(1, c.createArrayOf("text", group.stream().map(Append::entity).toArray()));
      s.setArray(2, c.createArrayOf("int8", group.stream().map(Append::version).toArray()));
      s.setArray(3, c.createArrayOf("bytea", payloads));
      s.executeUpdate();
      return Collections.nCopies(group.size(), true);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void run(String id) throws Exception {
    for (long version = 1; version <= events; version++) {
      writes
          .add(new Append(id, version), payload.length)
          .toCompletableFuture()
          .get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    }
  }

  @Override
  public void close() {
    blocking.close();
    pool.close();
  }
}
