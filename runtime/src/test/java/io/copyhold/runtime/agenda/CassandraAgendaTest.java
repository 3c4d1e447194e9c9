package io.copyhold.runtime.agenda;

import static io.copyhold.runtime.TestSystem.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.agenda.Agenda.Row;
import io.copyhold.runtime.cassandra.CassandraFixture;
import io.copyhold.runtime.cassandra.ControlKeyspace;
import io.copyhold.runtime.cassandra.KeyspaceSchema;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CassandraAgendaTest extends AgendaContract {
  private static final ControlKeyspace KEYSPACE =
      CassandraFixture.open(
          CassandraFixture.newKeyspace(),
          List.of(KeyspaceSchema.Part.of(CassandraAgenda.class, "020-agenda.cql")));
  private static final ExecutorService BLOCKING = Executors.newVirtualThreadPerTaskExecutor();

  @BeforeEach
  void empty() {
    for (String table : List.of("agenda_row", "agenda_due", "agenda_minute")) {
      KEYSPACE.session().execute("TRUNCATE " + table);
    }
  }

  @AfterAll
  static void close() {
    BLOCKING.close();
    KEYSPACE.close();
  }

  @Override
  Agenda agenda(String node) {
    return new CassandraAgenda(KEYSPACE, BLOCKING, node, SETTINGS);
  }

  @Test
  void aMinuteThatIsOverAndEmptyIsDroppedAsAWhole() {
    Agenda agenda = agenda("node-a");
    EntityRef entity = new EntityRef("counter", "c1");
    long old = Instant.now().minus(Duration.ofHours(1)).toEpochMilli() / 60_000;
    ControlKeyspace.await(
        KEYSPACE.later(
            "INSERT INTO agenda_minute (kind, minute, slice) VALUES ('alarm', ?, ?)",
            old,
            io.copyhold.runtime.Slices.of(entity)));
    await(agenda.put(List.of(new Row(entity, "x", Instant.now()))));
    assertThat(await(agenda.take(0, 1, 10, Duration.ofHours(1)))).hasSize(1);
    assertThat(ControlKeyspace.await(KEYSPACE.rows("SELECT minute FROM agenda_minute")))
        .extracting(row -> row.getLong("minute"))
        .isNotEmpty()
        .doesNotContain(old);
  }

  @Test
  void anEntryWhoseRowHasGoneWakesNobodyAndGoes() {
    Agenda agenda = agenda("node-a");
    EntityRef entity = new EntityRef("counter", "c1");
    await(agenda.put(List.of(new Row(entity, "x", Instant.now()))));
    KEYSPACE.session().execute("TRUNCATE agenda_row");
    assertThat(await(agenda.take(0, 1, 10, Duration.ofHours(1)))).isEmpty();
    assertThat(ControlKeyspace.await(KEYSPACE.rows("SELECT id FROM agenda_due"))).isEmpty();
    assertThat(await(agenda.size())).isZero();
  }

  @Test
  void whatOthersPutAfterAChangeWasAskedForOutlivesIt() {
    Agenda late = agenda("node-a");
    EntityRef entity = new EntityRef("counter", "c1");
    // As if written two seconds from now: the change of another node is older than it.
    long micros = Instant.now().plusSeconds(2).toEpochMilli() * 1_000;
    ControlKeyspace.await(
        KEYSPACE.later(
            "INSERT INTO agenda_row (entity, name, id, due, next, node, missed)"
                + " VALUES (?, 'x', uuid(), toTimestamp(now()), toTimestamp(now()), 'node-b', 0)"
                + " USING TIMESTAMP ?",
            entity.toString(),
            micros));
    await(late.remove(entity, List.of("x")));
    assertThat(await(late.size())).isOne();
  }
}
