package io.copyhold.runtime.journal;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.flow.GroupCommit;
import io.copyhold.runtime.postgres.ControlDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
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

  /** What a row weighs besides its payload. */
  private static final long ROW_BYTES = 200;

  /**
   * One entity's events, stored together or not at all.
   *
   * @param from version of the first
   * @param term under which the entity's owner acts
   */
  record Write(EntityRef entity, long from, long term, List<Row> rows) {
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

  private static final Verdict STORED = new Verdict.Stored();
  private static final Verdict FENCED = new Verdict.Fenced();

  private final ControlDatabase database;
  private final Codec codec;
  private final Terms terms;
  private final GroupCommit<Write, Verdict> writes;
  private final List<Listener> listeners = new CopyOnWriteArrayList<>();
  private volatile String node = "";

  public PostgresJournal(ControlDatabase database, Codec codec, JournalSettings settings) {
    this.database = database;
    this.codec = codec;
    this.terms = new Terms(settings.shards());
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
          connection.prepareStatement("SELECT copyhold.claim_shard(?, ?, ?)")) {
        s.setString(1, shard.type());
        s.setInt(2, shard.number());
        s.setString(3, node);
        try (ResultSet r = s.executeQuery()) {
          r.next();
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
            + write.from()
            + " ("
            + e.getSQLState()
            + ").",
        "23505 means that another writer was there first; the entity reads its events again.");
  }

  private List<Verdict> append(Connection connection, List<Write> group) throws SQLException {
    try (PreparedStatement s = connection.prepareStatement(AppendCall.SQL)) {
      AppendCall call = new AppendCall(node);
      for (Write write : group) {
        call.add(write, terms.shard(write.entity()));
      }
      call.bind(connection, s);
      try (ResultSet r = s.executeQuery()) {
        r.next();
        Boolean[] held = (Boolean[]) r.getArray(1).getArray();
        List<Verdict> verdicts = new ArrayList<>(Collections.nCopies(group.size(), STORED));
        for (int i = 0; i < held.length; i++) {
          if (!held[i]) {
            verdicts.set(i, FENCED);
          }
        }
        return verdicts;
      }
    }
  }
}
