package io.copyhold.runtime.entity;

import io.copyhold.runtime.cassandra.CassandraFixture;
import io.copyhold.runtime.cassandra.ControlKeyspace;
import io.copyhold.runtime.cassandra.KeyspaceSchema;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;

class CassandraLifeNotesTest extends LifeNotesContract {
  private static final ControlKeyspace KEYSPACE =
      CassandraFixture.open(
          CassandraFixture.newKeyspace(),
          List.of(KeyspaceSchema.Part.of(CassandraLifeNotes.class, "040-life.cql")));

  @AfterAll
  static void close() {
    KEYSPACE.close();
  }

  @AfterEach
  void empty() {
    List.of("life", "in_hand", "condemned")
        .forEach(table -> KEYSPACE.session().execute("TRUNCATE " + table));
  }

  @Override
  LifeNotes life(String node) {
    return new CassandraLifeNotes(KEYSPACE, Runnable::run, node);
  }
}
