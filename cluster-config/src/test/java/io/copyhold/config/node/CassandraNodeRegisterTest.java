package io.copyhold.config.node;

import io.copyhold.config.node.NodeRegister.Self;
import io.copyhold.runtime.cassandra.CassandraFixture;
import io.copyhold.runtime.cassandra.ControlKeyspace;
import io.copyhold.runtime.cassandra.KeyspaceSchema;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;

class CassandraNodeRegisterTest extends NodeRegisterContract {
  private static final List<String> TABLES = List.of("node", "node_beat", "steady", "sbr_lease");
  private static final ControlKeyspace KEYSPACE =
      CassandraFixture.open(CassandraFixture.newKeyspace(), List.of());

  @AfterAll
  static void close() {
    KEYSPACE.close();
  }

  @AfterEach
  void empty() {
    TABLES.forEach(table -> KEYSPACE.session().execute("TRUNCATE " + table));
  }

  @Override
  NodeRegister open() {
    return new CassandraNodeRegister(KEYSPACE, DEAD_AFTER);
  }

  @Override
  void makeTables() {
    new KeyspaceSchema(List.of(CassandraNodeRegister.SCHEMA)).apply(KEYSPACE);
  }

  @Override
  SplitLeases leases() {
    return new CassandraSplitLeases(KEYSPACE);
  }

  private static Instant longAgo() {
    return Instant.now().minus(Duration.ofHours(2));
  }

  @Override
  void silent(Self self) {
    execute(
        "UPDATE node_beat SET heartbeat = ? WHERE one = 'all' AND address = ? AND uid = ?",
        longAgo(),
        self.address(),
        self.uid());
  }

  @Override
  void registeredLongAgo(Self self) {
    execute(
        "UPDATE node SET registered = ? WHERE one = 'all' AND address = ? IF EXISTS",
        longAgo(),
        self.address());
  }

  @Override
  void forget(Self self) {
    execute("DELETE FROM node WHERE one = 'all' AND address = ? IF EXISTS", self.address());
  }

  @Override
  void leaseIsOver() {
    lease("until", Instant.now().minusSeconds(1));
  }

  @Override
  void leaseWasTakenLongAgo() {
    lease("since", Instant.now().minusSeconds(60));
  }

  private static void lease(String column, Instant to) {
    for (var row :
        ControlKeyspace.await(KEYSPACE.rows("SELECT name FROM sbr_lease WHERE one = 'all'"))) {
      execute(
          "UPDATE sbr_lease SET " + column + " = ? WHERE one = 'all' AND name = ? IF EXISTS",
          to,
          row.getString("name"));
    }
  }

  @Override
  void clusterIs(long incarnation) {
    execute("UPDATE node SET current = ? WHERE one = 'all' IF current > 0", incarnation);
  }

  private static void execute(String cql, Object... values) {
    ControlKeyspace.await(KEYSPACE.conditionally(cql, values));
  }
}
