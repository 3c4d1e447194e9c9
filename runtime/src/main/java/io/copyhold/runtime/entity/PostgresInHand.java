package io.copyhold.runtime.entity;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.postgres.ControlDatabase;
import java.sql.Array;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The notes in the control database, and this node's life there: a life that does not end cleanly
 * makes the nodes after it careful.
 */
public final class PostgresInHand implements InHand {
  /** Lost lives older than this are forgotten. */
  private static final String FORGET = "7 days";

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
  private final Supplier<Set<String>> members;
  private final Duration carefulFor;
  private final InstantSource clock;
  private final Map<EntityRef, Note> condemned = new ConcurrentHashMap<>();
  private volatile Instant carefulUntil = Instant.MIN;

  /**
   * @param node this life of this node, as the agenda names it
   * @param members the lives that are members of the cluster now; this one is taken for one
   * @param carefulFor how long replays are noted after a node was lost
   */
  public PostgresInHand(
      ControlDatabase database,
      String node,
      Supplier<Set<String>> members,
      Duration carefulFor,
      InstantSource clock) {
    this.database = database;
    this.node = node;
    this.members = members;
    this.carefulFor = carefulFor;
    this.clock = clock;
  }

  /**
   * This life begins; before anything is replayed. Blocks.
   *
   * @param name what this node is called in each of its lives
   */
  public void begin(String name) {
    boolean lost =
        database.transaction(connection -> {
          try (PreparedStatement before =
                  connection.prepareStatement(
                      "UPDATE copyhold.life SET lost = clock_timestamp()"
                          + " WHERE name = ? AND node <> ? AND lost IS NULL");
              PreparedStatement forget =
                  connection.prepareStatement(
                      "DELETE FROM copyhold.life WHERE lost < clock_timestamp() - interval '"
                          + FORGET
                          + "'");
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
    if (lost) {
      beCareful();
    }
    read();
  }

  /** This life ends cleanly: nobody needs to be careful after it. Blocks. */
  public void end() {
    database.now(connection -> {
      try (PreparedStatement s =
          connection.prepareStatement("DELETE FROM copyhold.life WHERE node = ?")) {
        s.setString(1, node);
        return s.executeUpdate();
      }
    });
  }

  /** From now on, for a while, replays are noted. */
  public void beCareful() {
    carefulUntil = clock.instant().plus(carefulFor);
  }

  /** That life ended without a farewell. */
  CompletionStage<Integer> lost(String life) {
    beCareful();
    return database.later(connection -> {
      try (PreparedStatement s =
          connection.prepareStatement(
              "UPDATE copyhold.life SET lost = clock_timestamp() WHERE node = ? AND lost IS NULL")) {
        s.setString(1, life);
        return s.executeUpdate();
      }
    });
  }

  /** Reads anew what others condemned. */
  CompletionStage<Void> refresh() {
    return database
        .later(_ -> {
          read();
          return true;
        })
        .thenAccept(_ -> {});
  }

  private void read() {
    Map<EntityRef, Note> found =
        database.now(connection -> {
          try (PreparedStatement s =
              connection.prepareStatement(
                  "SELECT entity, deaths, version FROM copyhold.in_hand"
                      + " WHERE deaths >= ? LIMIT 10000")) {
            s.setInt(1, Quarantines.DEATHS_MAX);
            Map<EntityRef, Note> notes = new HashMap<>();
            try (ResultSet r = s.executeQuery()) {
              while (r.next()) {
                notes.put(EntityRef.parse(r.getString(1)), new Note(r.getInt(2), r.getLong(3)));
              }
            }
            return notes;
          }
        });
    condemned.putAll(found);
    condemned.keySet().retainAll(found.keySet());
  }

  @Override
  public boolean careful() {
    return clock.instant().isBefore(carefulUntil);
  }

  @Override
  public @Nullable Note condemned(EntityRef entity) {
    return condemned.get(entity);
  }

  @Override
  public CompletionStage<Note> enter(EntityRef entity) {
    String[] alive = members.get().toArray(String[]::new);
    return database.later(connection -> {
      try (PreparedStatement s = connection.prepareStatement(ENTER)) {
        Array names = connection.createArrayOf("text", withMe(alive));
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

  private Object[] withMe(String[] alive) {
    Object[] all = new Object[alive.length + 1];
    System.arraycopy(alive, 0, all, 0, alive.length);
    all[alive.length] = node;
    return all;
  }

  @Override
  public CompletionStage<Boolean> alone(EntityRef entity) {
    return database.later(_ -> {
      at(entity, 0);
      return true;
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
    database.later(connection -> {
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
    condemned.remove(entity);
    database.later(connection -> {
      try (PreparedStatement s =
          connection.prepareStatement("DELETE FROM copyhold.in_hand WHERE entity = ?")) {
        s.setString(1, entity.toString());
        return s.executeUpdate();
      }
    });
  }
}
