package io.copyhold.tenants.store;

import io.copyhold.runtime.cassandra.CassandraFixture;
import io.copyhold.runtime.cassandra.ControlKeyspace;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;

class CassandraPermitLeasesTest extends StoreBudgetsContract {
  private static final ControlKeyspace KEYSPACE =
      CassandraFixture.open(CassandraFixture.newKeyspace(), List.of(CassandraPermitLeases.SCHEMA));

  @AfterAll
  static void closeKeyspace() {
    KEYSPACE.close();
  }

  @BeforeEach
  void empty() {
    KEYSPACE.session().execute("TRUNCATE permit_lease");
  }

  @Override
  PermitLeases leases(String node) {
    return new CassandraPermitLeases(KEYSPACE, node);
  }

  @Override
  List<Integer> shares() {
    Instant now = Instant.now();
    return ControlKeyspace.await(KEYSPACE.rows("SELECT node, amount, until FROM permit_lease"))
        .stream()
        .filter(row -> !row.isNull("node") && row.getInstant("until").isAfter(now))
        .map(row -> row.getInt("amount"))
        .toList();
  }
}
