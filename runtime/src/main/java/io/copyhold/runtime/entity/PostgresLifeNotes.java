package io.copyhold.runtime.entity;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.entity.InHand.Note;
import io.copyhold.runtime.postgres.ControlDatabase;
import java.sql.Array;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** The notes in the control database. */
public final class PostgresLifeNotes implements LifeNotes {
  private static final String ENTER =
      """
      INSERT INTO copyhold.in_hand AS note (entity, node) VALUES (?, ?)
      ON CONFLICT (entity) DO UPDATE
      SET deaths = note.deaths + (note.node <> ALL (?) AND NOT note.waiting)::int,
          waiting = note.deaths > 0 OR (note.node <> ALL (?) AND NOT note.waiting),
          version = CASE WHEN note.node <> ALL (?) AND NOT note.waiting AND note.under_way > 0
                      THEN note.under_way ELSE note.version END,
          under_way = 0,
          node = excluded.node
      RETURNING deaths, version
      """;

  private final ControlDatabase database;
  private final String node;

  /**
   * @param node this life of this node, as the agenda names it
   */
  public PostgresLifeNotes(ControlDatabase database, String node) {
    this.database = database;
    this.node = node;
  }

  @Override
  public <T> CompletionStage<T> later(Supplier<T> call) {
    return CompletableFuture.supplyAsync(call, database.blocking());
  }

  @Override
  public boolean begin(String name, Duration carefulFor) {
    return database.transaction(connection -> {
      try (PreparedStatement before =
              connection.prepareStatement(
                  "UPDATE copyhold.life SET lost = clock_timestamp()"
                      + " WHERE name = ? AND node <> ? AND lost IS NULL");
          PreparedStatement forget =
              connection.prepareStatement(
                  "DELETE FROM copyhold.life"
                      + " WHERE lost < clock_timestamp() - ? * interval '1 millisecond'");
          PreparedStatement mine =
              connection.prepareStatement(
                  "INSERT INTO copyhold.life (node, name) VALUES (?, ?)"
                      + " ON CONFLICT (node) DO NOTHING");
          PreparedStatement look =
              connection.prepareStatement(
                  "SELECT EXISTS (SELECT FROM copyhold.life"
                      + " WHERE lost > clock_timestamp() - ? * interval '1 millisecond')")) {
        before.setString(1, name);
        before.setString(2, node);
        before.executeUpdate();
        forget.setLong(1, FORGET.toMillis());
        forget.executeUpdate();
        mine.setString(1, node);
        mine.setString(2, name);
        mine.executeUpdate();
        look.setLong(1, carefulFor.toMillis());
        try (ResultSet r = look.executeQuery()) {
          return r.next() && r.getBoolean(1);
        }
      }
    });
  }

  @Override
  public void end() {
    database.now(connection -> {
      try (PreparedStatement s =
          connection.prepareStatement("DELETE FROM copyhold.life WHERE node = ?")) {
        s.setString(1, node);
        return s.executeUpdate();
      }
    });
  }

  @Override
  public void lost(String life) {
    database.now(connection -> {
      try (PreparedStatement s =
          connection.prepareStatement(
              "UPDATE copyhold.life SET lost = clock_timestamp() WHERE node = ? AND lost IS NULL")) {
        s.setString(1, life);
        return s.executeUpdate();
      }
    });
  }

  @Override
  public Map<EntityRef, Note> condemned() {
    return database.now(connection -> {
      try (PreparedStatement s =
          connection.prepareStatement(
              "SELECT entity, deaths, version FROM copyhold.in_hand WHERE deaths >= ? LIMIT ?")) {
        s.setInt(1, Quarantines.DEATHS_MAX);
        s.setInt(2, CONDEMNED_MAX);
        Map<EntityRef, Note> notes = new HashMap<>();
        try (ResultSet r = s.executeQuery()) {
          while (r.next()) {
            notes.put(EntityRef.parse(r.getString(1)), new Note(r.getInt(2), r.getLong(3)));
          }
        }
        return notes;
      }
    });
  }

  @Override
  public Note enter(EntityRef entity, Set<String> alive) {
    List<String> withMe = new ArrayList<>(alive);
    withMe.add(node);
    return database.now(connection -> {
      try (PreparedStatement s = connection.prepareStatement(ENTER)) {
        Array names = connection.createArrayOf("text", withMe.toArray());
        s.setString(1, entity.toString());
        s.setString(2, node);
        s.setArray(3, names);
        s.setArray(4, names);
        s.setArray(5, names);
        try (ResultSet r = s.executeQuery()) {
          r.next();
          return new Note(r.getInt(1), r.getLong(2));
        }
      }
    });
  }

  @Override
  public void at(EntityRef entity, long version) {
    database.now(connection -> {
      try (PreparedStatement s =
          connection.prepareStatement(
              "UPDATE copyhold.in_hand SET under_way = ?, waiting = false"
                  + " WHERE entity = ? AND node = ?")) {
        s.setLong(1, version);
        s.setString(2, entity.toString());
        s.setString(3, node);
        return s.executeUpdate();
      }
    });
  }

  @Override
  public void leave(EntityRef entity) {
    database.now(connection -> {
      try (PreparedStatement s =
          connection.prepareStatement(
              "WITH gone AS (DELETE FROM copyhold.in_hand"
                  + " WHERE entity = ? AND node = ? AND deaths < ?)"
                  + " UPDATE copyhold.in_hand SET waiting = true"
                  + " WHERE entity = ? AND node = ? AND deaths >= ?")) {
        for (int i = 0; i < 6; i += 3) {
          s.setString(i + 1, entity.toString());
          s.setString(i + 2, node);
          s.setInt(i + 3, Quarantines.DEATHS_MAX);
        }
        return s.executeUpdate();
      }
    });
  }

  @Override
  public void forget(EntityRef entity) {
    database.now(connection -> {
      try (PreparedStatement s =
          connection.prepareStatement("DELETE FROM copyhold.in_hand WHERE entity = ?")) {
        s.setString(1, entity.toString());
        return s.executeUpdate();
      }
    });
  }
}
