package io.copyhold.tenants.store;

import com.datastax.oss.driver.api.core.cql.BatchStatement;
import com.datastax.oss.driver.api.core.cql.BatchType;
import com.datastax.oss.driver.api.core.cql.BoundStatement;
import com.datastax.oss.driver.api.core.cql.Row;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.cassandra.ControlKeyspace;
import io.copyhold.runtime.cassandra.KeyspaceSchema;
import io.copyhold.runtime.cassandra.ServerClock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Leases in Cassandra. The leases of one budget are one partition with a revision; a grant reads
 * it, computes, and writes all that it changes in one lightweight transaction, if the revision is
 * still the same. Whether a lease has ended is told by the clock of the Cassandra node that
 * answers: the margin of {@link BudgetSettings} must be more than those clocks differ by.
 */
public final class CassandraPermitLeases implements PermitLeases {
  /** The tables, for {@link KeyspaceSchema}. */
  public static final KeyspaceSchema.Part SCHEMA =
      KeyspaceSchema.Part.of(CassandraPermitLeases.class, "300-permit.cql");

  /** Each of thirty nodes renews a few times a minute; of those that meet, one wins each round. */
  private static final int ATTEMPTS = 100;

  private final ControlKeyspace keyspace;
  private final ServerClock clock;
  private final String node;

  /**
   * @param keyspace the control keyspace, with {@link #SCHEMA}
   * @param node a name that no other live process has
   */
  public CassandraPermitLeases(ControlKeyspace keyspace, String node) {
    this.keyspace = keyspace;
    this.clock = new ServerClock(keyspace);
    this.node = node;
  }

  private record Lease(String node, int amount, Instant until) {}

  private interface Change {
    /**
     * @return statements for rows of this partition
     */
    List<CompletableFuture<BoundStatement>> of(List<Lease> leases);
  }

  @Override
  public Grant renew(String store, String kind, int declared, int inUse, Duration lasting) {
    Grant[] granted = new Grant[1];
    change(
        store,
        kind,
        leases -> {
          Instant now = clock.fresh();
          List<Lease> gone =
              leases.stream()
                  .filter(lease ->
                      !lease.node().equals(node)
                          && (!lease.until().isAfter(now) || predecessor(lease.node())))
                  .toList();
          List<Lease> others =
              leases.stream()
                  .filter(lease -> !lease.node().equals(node) && !gone.contains(lease))
                  .toList();
          int held =
              leases.stream()
                  .filter(lease -> lease.node().equals(node) && lease.until().isAfter(now))
                  .mapToInt(lease -> Math.min(inUse, lease.amount()))
                  .sum();
          granted[0] =
              Grant.of(
                  declared,
                  others.size(),
                  others.stream().filter(lease -> lease.node().compareTo(node) < 0).count(),
                  others.stream().mapToInt(Lease::amount).sum(),
                  held);
          List<CompletableFuture<BoundStatement>> statements = new ArrayList<>();
          gone.forEach(lease -> statements.add(delete(store, kind, lease.node())));
          statements.add(
              bound(
                  "INSERT INTO permit_lease (store, kind, node, amount, until)"
                      + " VALUES (?, ?, ?, ?, ?)",
                  store,
                  kind,
                  node,
                  granted[0].amount(),
                  now.plus(lasting)));
          return statements;
        });
    return granted[0];
  }

  /**
   * Nodes are named {@code address#incarnation}. An earlier process at this one's own address has
   * ended, or this one could not listen there: after a crash the share need not run out first.
   */
  private boolean predecessor(String other) {
    int end = node.indexOf('#');
    return end >= 0 && other.startsWith(node.substring(0, end + 1));
  }

  @Override
  public void giveBack(String store, String kind) {
    change(store, kind, _ -> List.of(delete(store, kind, node)));
  }

  private CompletableFuture<BoundStatement> delete(String store, String kind, String whose) {
    return bound(
        "DELETE FROM permit_lease WHERE store = ? AND kind = ? AND node = ?", store, kind, whose);
  }

  private CompletableFuture<BoundStatement> bound(String cql, @Nullable Object... values) {
    return keyspace.bound(cql, values).toCompletableFuture();
  }

  private void change(String store, String kind, Change change) {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      List<Row> rows =
          ControlKeyspace.await(
              keyspace.rowsSerially(
                  "SELECT revision, node, amount, until FROM permit_lease"
                      + " WHERE store = ? AND kind = ?",
                  store,
                  kind));
      Long revision = rows.isEmpty() ? null : rows.getFirst().getLong("revision");
      List<CompletableFuture<BoundStatement>> statements = new ArrayList<>();
      statements.add(
          bound(
              "UPDATE permit_lease SET revision = ? WHERE store = ? AND kind = ? IF revision = ?",
              revision == null ? 1L : revision + 1,
              store,
              kind,
              revision));
      statements.addAll(change.of(leases(rows)));
      BatchStatement batch = BatchStatement.newInstance(BatchType.LOGGED);
      for (CompletableFuture<BoundStatement> statement : statements) {
        batch = batch.add(ControlKeyspace.await(statement));
      }
      if (ControlKeyspace.await(keyspace.execute(batch)).wasApplied()) {
        return;
      }
    }
    throw new ProblemException(
        Problem.unavailable("control-database-contended", "too many nodes renew one budget")
            .at(store)
            .todo("it is tried again"));
  }

  private static List<Lease> leases(List<Row> rows) {
    return rows.stream()
        .filter(row -> !row.isNull("node")) // a budget that nobody has a lease of
        .map(row ->
            new Lease(
                Objects.requireNonNull(row.getString("node")),
                row.getInt("amount"),
                Objects.requireNonNull(row.getInstant("until"))))
        .toList();
  }
}
