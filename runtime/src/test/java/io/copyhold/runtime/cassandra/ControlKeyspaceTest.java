package io.copyhold.runtime.cassandra;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.copyhold.runtime.ProblemException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** The control keyspace and its tables in a real Cassandra. */
class ControlKeyspaceTest {
  private static final KeyspaceSchema.Part PART =
      new KeyspaceSchema.Part(
          "900-thing.cql",
          """
          -- A comment; with a semicolon.
          CREATE TABLE IF NOT EXISTS thing (id text PRIMARY KEY, amount bigint);
          CREATE TABLE IF NOT EXISTS other (id text PRIMARY KEY);
          """);

  private final Map<String, Object> keys = CassandraFixture.newKeyspace();

  @Test
  void twoProcessesAtOnceMakeTheSameTablesOnceAndTheirRowsAreThere() {
    CompletableFuture<ControlKeyspace> other =
        CompletableFuture.supplyAsync(() -> CassandraFixture.open(keys, List.of(PART)));
    try (ControlKeyspace one = CassandraFixture.open(keys, List.of(PART));
        ControlKeyspace two = other.join()) {
      ControlKeyspace.await(one.later("INSERT INTO thing (id, amount) VALUES (?, ?)", "a", 7L));
      assertThat(ControlKeyspace.await(two.rows("SELECT amount FROM thing WHERE id = ?", "a")))
          .singleElement()
          .satisfies(row -> assertThat(row.getLong(0)).isEqualTo(7));
      assertThat(ControlKeyspace.await(two.rows("SELECT name FROM schema_part"))).hasSize(1);
      assertThat(ControlKeyspace.await(two.rows("SELECT one FROM schema_lock"))).isEmpty();
    }
  }

  @Test
  void ofTwoConditionalWritesOneIsApplied() {
    try (ControlKeyspace keyspace = CassandraFixture.open(keys, List.of(PART))) {
      String insert = "INSERT INTO thing (id, amount) VALUES (?, ?) IF NOT EXISTS";
      assertThat(ControlKeyspace.await(keyspace.conditionally(insert, "x", 1L))).isTrue();
      assertThat(ControlKeyspace.await(keyspace.conditionally(insert, "x", 2L))).isFalse();
      assertThat(
              ControlKeyspace.await(
                  keyspace.rowsSerially("SELECT amount FROM thing WHERE id = ?", "x")))
          .singleElement()
          .satisfies(row -> assertThat(row.getLong(0)).isEqualTo(1));
    }
  }

  @Test
  void tablesOfAnotherReleaseAreRefused() {
    CassandraFixture.open(keys, List.of(PART)).close();
    assertThatThrownBy(() -> CassandraFixture.open(keys, List.of()))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("other-release");
    assertThatThrownBy(() ->
            CassandraFixture.open(
                keys, List.of(new KeyspaceSchema.Part("900-thing.cql", "SELECT 1;"))))
        .hasMessageContaining("another content");
  }

  @Test
  void aRefusalNamesNoValue() {
    try (ControlKeyspace keyspace = CassandraFixture.open(keys, List.of(PART))) {
      assertThatThrownBy(() -> ControlKeyspace.await(keyspace.later("SELECT a FROM nowhere")))
          .isInstanceOf(ProblemException.class)
          .hasMessageContaining("control-database-refused");
    }
  }
}
