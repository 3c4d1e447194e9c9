package io.copyhold.runtime.journal;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.flow.GroupCommit;
import io.copyhold.runtime.postgres.ControlDatabase;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.apache.pekko.actor.setup.Setup;
import org.jspecify.annotations.Nullable;

/**
 * The writing side of the journal in PostgreSQL. All writes of a node go through one group commit:
 *
 * <ol>
 *   <li>What waits becomes one call of {@code copyhold.append}, in a transaction of its own: it
 *       takes the shared locks of the shards concerned, checks the terms, and stores events and
 *       agenda rows of all writes whose term still holds.
 *   <li>A write under a term that another node's claim has outdated is refused, and its shard is
 *       given up here.
 *   <li>When the server refuses the whole for its content (a version that is taken, a value it
 *       cannot store), the group is halved until the culprit stands alone; the others are stored.
 *   <li>When it does not answer, the outcome of all is unknown: the entities recover and see.
 * </ol>
 *
 * It is handed to the actor system as a setup, where the plugins find it.
 */
public final class PostgresJournal extends Setup implements Journal {
  /** Two transactions that touch the same agenda rows may meet in a deadlock. */
  private static final int ATTEMPTS = 3;

  /** No shard's; they are numbered from 1. */
  private static final int NO_LOCK = 0;

  /** What a row weighs besides its payload. */
  private static final long ROW_BYTES = 200;

  /**
   * Events of one entity, and perhaps of what it owns, stored together or not at all.
   *
   * @param entity its shard is that of all
   * @param term under which the entity's owner acts
   */
  record Write(EntityRef entity, long term, List<Row> rows) {
    Write {
      rows = List.copyOf(rows);
    }

    long bytes() {
      return rows.stream().mapToLong(row -> row.payload().length + ROW_BYTES).sum();
    }
  }

  /** One event as its columns show it. */
  @SuppressWarnings("ArrayRecordComponent") // on its way to a statement, never compared
  record Row(
      EntityRef entity,
      long version,
      String name,
      byte[] payload,
      Instant at,
      String principal,
      Journaled.@Nullable AgendaChange agenda) {}

  /** What came of a write. */
  sealed interface Verdict {
    record Stored() implements Verdict {}

    /** Its shard has another owner by now. */
    record Fenced() implements Verdict {}

    /** The server refused its content. */
    record Refused(RuntimeException why) implements Verdict {}
  }

  private static final String LOCK =
      "SELECT lock FROM copyhold.shard_term WHERE type = ? AND shard = ?";

  private static final String OURS =
      "SELECT type, shard, term FROM copyhold.shard_term WHERE node = ?";

  private static final Verdict STORED = new Verdict.Stored();
  private static final Verdict FENCED = new Verdict.Fenced();

  private final ControlDatabase database;
  private final Codec codec;
  private final Terms terms;
  private final Recovering recovering;
  private final Map<Shard, Integer> locks = new ConcurrentHashMap<>();
  private final GroupCommit<Write, Verdict> writes;
  private final List<Listener> listeners = new CopyOnWriteArrayList<>();
  private volatile String node = "";

  public PostgresJournal(ControlDatabase database, Codec codec, JournalSettings settings) {
    this.database = database;
    this.codec = codec;
    this.terms = new Terms(settings.shards());
    this.recovering = new Recovering(terms);
    this.writes = new GroupCommit<>("journal", database.blocking(), settings.groups(), this::write);
  }

  @Override
  public void named(String name) {
    node = name;
  }

  @Override
  public Terms terms() {
    return terms;
  }

  @Override
  public PostgresEvents events() {
    return new PostgresEvents(database, codec);
  }

  @Override
  public void listen(Listener listener) {
    listeners.add(listener);
  }

  @Override
  public int waiting() {
    return writes.waiting();
  }

  Recovering recovering() {
    return recovering;
  }

  ControlDatabase database() {
    return database;
  }

  Codec codec() {
    return codec;
  }

  CompletionStage<Verdict> append(Write write) {
    return writes.add(write, write.bytes());
  }

  @Override
  public CompletionStage<Long> claim(Shard shard) {
    return database.later(connection -> {
      try (PreparedStatement s =
          connection.prepareStatement("SELECT term, lock FROM copyhold.claim_shard(?, ?, ?)")) {
        s.setString(1, shard.type());
        s.setInt(2, shard.number());
        s.setString(3, node);
        try (ResultSet r = s.executeQuery()) {
          r.next();
          locks.put(shard, r.getInt(2));
          return r.getLong(1);
        }
      }
    });
  }

  @Override
  public CompletionStage<Void> release(Shard shard) {
    terms.released(shard);
    return CompletableFuture.completedStage(null);
  }

  /**
   * Gives up the shards that another node has claimed meanwhile: whoever only reads or waits would
   * not learn of it otherwise. Completes with how many.
   */
  CompletionStage<Integer> checkTerms() {
    Map<Shard, Long> held = terms.all();
    return database
        .later(this::ours)
        .thenApply(ours -> {
          int lost = 0;
          for (Map.Entry<Shard, Long> each : held.entrySet()) {
            if (!each.getValue().equals(ours.get(each.getKey()))) {
              terms.lost(each.getKey(), each.getValue());
              lost++;
            }
          }
          return lost;
        });
  }

  private Map<Shard, Long> ours(Connection connection) throws SQLException {
    Map<Shard, Long> ours = new HashMap<>();
    try (PreparedStatement s = connection.prepareStatement(OURS)) {
      s.setString(1, node);
      try (ResultSet r = s.executeQuery()) {
        while (r.next()) {
          ours.put(new Shard(r.getString(1), r.getInt(2)), r.getLong(3));
        }
      }
    }
    return ours;
  }

  private List<Verdict> write(List<Write> group) {
    List<Verdict> verdicts = database.now(connection -> store(connection, group));
    for (int i = 0; i < group.size(); i++) {
      if (verdicts.get(i) instanceof Verdict.Fenced) {
        terms.lost(terms.shard(group.get(i).entity()), group.get(i).term());
      }
    }
    listeners.forEach(Listener::stored);
    return verdicts;
  }

  private List<Verdict> store(Connection connection, List<Write> group) throws SQLException {
    for (int attempt = 1; ; attempt++) {
      try {
        return append(connection, group);
      } catch (SQLException e) {
        String state = e.getSQLState() == null ? "" : e.getSQLState();
        if (state.startsWith("40") && attempt < ATTEMPTS) {
          continue;
        }
        boolean content =
            state.startsWith("22") || state.startsWith("23") || state.startsWith("54");
        if (!content) {
          throw e;
        }
        if (group.size() == 1) {
          return List.of(new Verdict.Refused(refused(group.getFirst(), e)));
        }
        int half = group.size() / 2;
        List<Verdict> verdicts = new ArrayList<>(store(connection, group.subList(0, half)));
        verdicts.addAll(store(connection, group.subList(half, group.size())));
        return verdicts;
      }
    }
  }

  /** Without the server's message, which may quote what was to be stored. */
  private static ProblemException refused(Write write, SQLException e) {
    return new ProblemException(
        "event-refused",
        "The journal refused "
            + write.entity()
            + " from event "
            + write.rows().getFirst().version()
            + " ("
            + e.getSQLState()
            + ").",
        "23505 means that another writer was there first; the entity reads its events again.");
  }

  private List<Verdict> append(Connection connection, List<Write> group) throws SQLException {
    int[] lockOf = new int[group.size()];
    for (int i = 0; i < lockOf.length; i++) {
      lockOf[i] = lock(connection, terms.shard(group.get(i).entity()));
    }
    AppendCall call = new AppendCall(node, group, lockOf);
    try (PreparedStatement s = connection.prepareStatement(AppendCall.SQL)) {
      call.bind(connection, s);
      try (ResultSet r = s.executeQuery()) {
        r.next();
        Array lost = r.getArray(1);
        if (lost == null) {
          return Collections.nCopies(group.size(), STORED);
        }
        List<Integer> places = List.of((Integer[]) lost.getArray());
        return IntStream.range(0, group.size())
            .mapToObj(i -> places.contains(call.place(i)) ? FENCED : STORED)
            .toList();
      }
    }
  }

  /** The key of a shard's lock; it never changes. No term of a shard that nobody claimed holds. */
  private int lock(Connection connection, Shard shard) throws SQLException {
    Integer known = locks.get(shard);
    if (known != null) {
      return known;
    }
    try (PreparedStatement s = connection.prepareStatement(LOCK)) {
      s.setString(1, shard.type());
      s.setInt(2, shard.number());
      try (ResultSet r = s.executeQuery()) {
        if (!r.next()) {
          return NO_LOCK;
        }
        locks.put(shard, r.getInt(1));
        return r.getInt(1);
      }
    }
  }
}
