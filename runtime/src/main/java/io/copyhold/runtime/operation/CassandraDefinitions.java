package io.copyhold.runtime.operation;

import com.datastax.oss.driver.api.core.cql.Row;
import io.copyhold.runtime.cassandra.ControlKeyspace;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;

/** What nodes can run, in Cassandra: one small partition, read as a whole. */
public final class CassandraDefinitions implements Definitions {
  private final ControlKeyspace keyspace;
  private final String node;

  /**
   * @param node this life of this node, as the agenda names it
   */
  public CassandraDefinitions(ControlKeyspace keyspace, String node) {
    this.keyspace = keyspace;
    this.node = node;
  }

  @Override
  public CompletionStage<Void> advertise(Collection<String> definitions) {
    return keyspace
        .later(
            "INSERT INTO definition (one, node, definitions) VALUES ('all', ?, ?)",
            node,
            Set.copyOf(definitions))
        .thenAccept(_ -> {});
  }

  @Override
  public CompletionStage<Set<String>> nodesWith(String definition) {
    return all()
        .thenApply(rows ->
            rows.stream()
                .filter(row -> definitions(row).contains(definition))
                .map(CassandraDefinitions::node)
                .collect(Collectors.toSet()));
  }

  @Override
  public CompletionStage<Void> keepOnly(Set<String> members) {
    return all()
        .thenCompose(rows ->
            CompletableFuture.allOf(
                rows.stream()
                    .map(CassandraDefinitions::node)
                    .filter(name -> !members.contains(name) && !name.equals(node))
                    .map(name ->
                        keyspace
                            .later("DELETE FROM definition WHERE one = 'all' AND node = ?", name)
                            .toCompletableFuture())
                    .toArray(CompletableFuture<?>[]::new)));
  }

  private CompletionStage<List<Row>> all() {
    return keyspace.rows("SELECT node, definitions FROM definition WHERE one = 'all'");
  }

  private static String node(Row row) {
    return Objects.requireNonNull(row.getString("node"));
  }

  private static Set<String> definitions(Row row) {
    return Objects.requireNonNull(row.getSet("definitions", String.class));
  }
}
