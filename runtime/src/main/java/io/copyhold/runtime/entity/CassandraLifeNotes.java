package io.copyhold.runtime.entity;

import com.datastax.oss.driver.api.core.cql.Row;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.cassandra.ControlKeyspace;
import io.copyhold.runtime.cassandra.ServerClock;
import io.copyhold.runtime.entity.InHand.Note;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/** The notes in Cassandra; every change is a lightweight transaction. */
public final class CassandraLifeNotes implements LifeNotes {
  /** An entity has few owners at a time who could change its note. */
  private static final int ATTEMPTS = 20;

  private final ControlKeyspace keyspace;
  private final ServerClock clock;
  private final Executor blocking;
  private final String node;

  /**
   * @param blocking where calls may block; virtual threads will do
   * @param node this life of this node, as the agenda names it
   */
  public CassandraLifeNotes(ControlKeyspace keyspace, Executor blocking, String node) {
    this.keyspace = keyspace;
    this.clock = new ServerClock(keyspace);
    this.blocking = blocking;
    this.node = node;
  }

  @Override
  public <T> CompletionStage<T> later(Supplier<T> call) {
    return CompletableFuture.supplyAsync(call, blocking);
  }

  private boolean conditionally(String cql, Object... values) {
    return ControlKeyspace.await(keyspace.conditionally(cql, values));
  }

  @Override
  public boolean begin(String name, Duration carefulFor) {
    Instant now = clock.fresh();
    boolean careful = false;
    List<Row> lives =
        ControlKeyspace.await(
            keyspace.rowsSerially("SELECT node, name, lost FROM life WHERE one = 'all'"));
    for (Row row : lives) {
      String life = text(row, "node");
      Instant lost = row.getInstant("lost");
      if (lost == null && name.equals(row.getString("name")) && !life.equals(node)) {
        lost(life);
        lost = now;
      }
      if (lost != null && lost.isBefore(now.minus(FORGET))) {
        conditionally("DELETE FROM life WHERE one = 'all' AND node = ? IF EXISTS", life);
      } else if (lost != null) {
        careful |= lost.isAfter(now.minus(carefulFor));
      }
    }
    conditionally(
        "INSERT INTO life (one, node, name, began) VALUES ('all', ?, ?, toTimestamp(now()))"
            + " IF NOT EXISTS",
        node,
        name);
    return careful;
  }

  @Override
  public void end() {
    conditionally("DELETE FROM life WHERE one = 'all' AND node = ? IF EXISTS", node);
  }

  @Override
  public void lost(String life) {
    conditionally(
        "UPDATE life SET lost = toTimestamp(now()) WHERE one = 'all' AND node = ?"
            + " IF lost = NULL AND name > ''", // a row that is there
        life);
  }

  @Override
  public Map<EntityRef, Note> condemned() {
    Map<EntityRef, Note> notes = new HashMap<>();
    for (Row row :
        ControlKeyspace.await(
            keyspace.rows(
                "SELECT entity, deaths, version FROM condemned WHERE one = 'all' LIMIT ?",
                CONDEMNED_MAX))) {
      notes.put(
          EntityRef.parse(text(row, "entity")),
          new Note(row.getInt("deaths"), row.getLong("version")));
    }
    return notes;
  }

  @Override
  public Note enter(EntityRef entity, Set<String> alive) {
    String key = entity.toString();
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      List<Row> rows =
          ControlKeyspace.await(
              keyspace.rowsSerially(
                  "SELECT node, waiting, deaths, under_way, version FROM in_hand WHERE entity = ?",
                  key));
      if (rows.isEmpty()) {
        if (conditionally(
            "INSERT INTO in_hand (entity, node, waiting, deaths, under_way, version)"
                + " VALUES (?, ?, false, 0, 0, 0) IF NOT EXISTS",
            key,
            node)) {
          return new Note(0, 0);
        }
        continue;
      }
      Row old = rows.getFirst();
      String before = text(old, "node");
      boolean waiting = old.getBoolean("waiting");
      int deaths = old.getInt("deaths");
      long underWay = old.getLong("under_way");
      boolean died = !before.equals(node) && !alive.contains(before) && !waiting;
      Note note =
          new Note(
              died ? deaths + 1 : deaths, died && underWay > 0 ? underWay : old.getLong("version"));
      if (conditionally(
          "UPDATE in_hand SET node = ?, waiting = ?, deaths = ?, under_way = 0, version = ?"
              + " WHERE entity = ? IF node = ? AND waiting = ? AND deaths = ? AND under_way = ?",
          node,
          deaths > 0 || died,
          note.deaths(),
          note.version(),
          key,
          before,
          waiting,
          deaths,
          underWay)) {
        if (note.deaths() >= Quarantines.DEATHS_MAX) {
          conditionally(
              "INSERT INTO condemned (one, entity, deaths, version) VALUES ('all', ?, ?, ?)"
                  + " IF NOT EXISTS",
              key,
              note.deaths(),
              note.version());
        }
        return note;
      }
    }
    throw new ProblemException(
        Problem.unavailable("note-contended", "too many nodes note the replay of one entity")
            .at(key)
            .todo("it is tried again"));
  }

  @Override
  public void at(EntityRef entity, long version) {
    conditionally(
        "UPDATE in_hand SET under_way = ?, waiting = false WHERE entity = ? IF node = ?",
        version,
        entity.toString(),
        node);
  }

  @Override
  public void leave(EntityRef entity) {
    String key = entity.toString();
    if (!conditionally(
        "DELETE FROM in_hand WHERE entity = ? IF node = ? AND deaths < ?",
        key,
        node,
        Quarantines.DEATHS_MAX)) {
      conditionally(
          "UPDATE in_hand SET waiting = true WHERE entity = ? IF node = ? AND deaths >= ?",
          key,
          node,
          Quarantines.DEATHS_MAX);
    }
  }

  @Override
  public void forget(EntityRef entity) {
    String key = entity.toString();
    conditionally("DELETE FROM in_hand WHERE entity = ? IF EXISTS", key);
    conditionally("DELETE FROM condemned WHERE one = 'all' AND entity = ? IF EXISTS", key);
  }

  private static String text(Row row, String column) {
    return Objects.requireNonNull(row.getString(column), column);
  }
}
