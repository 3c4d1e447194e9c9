package io.copyhold.config.node;

import com.datastax.oss.driver.api.core.cql.BatchStatement;
import com.datastax.oss.driver.api.core.cql.BatchType;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.cassandra.ControlKeyspace;
import io.copyhold.runtime.cassandra.KeyspaceSchema;
import io.copyhold.runtime.cassandra.ServerClock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The register in Cassandra. What is decided (who has an address, which cluster is the cluster, who
 * has ended) stands in one partition and changes by lightweight transactions alone, so it has one
 * order. Heartbeats are plain writes, each life's in a row of its own. Time is that of the
 * Cassandra node which answers; {@code dead-after} must be longer than their clocks differ.
 */
public final class CassandraNodeRegister implements NodeRegister {
  /** The tables, for {@link KeyspaceSchema}. */
  public static final KeyspaceSchema.Part SCHEMA =
      KeyspaceSchema.Part.of(CassandraNodeRegister.class, "100-node.cql");

  /**
   * Who won the lease removes the others at once; for so long a node that was asleep waits for it.
   */
  private static final Duration DECIDING = Duration.ofSeconds(10);

  /** Two lives that want one address at once: one of them is about to end. */
  private static final int ATTEMPTS = 10;

  private final ControlKeyspace keyspace;
  private final ServerClock clock;
  private final Duration deadAfter;

  private record Beat(Instant at, String report) {}

  private record Life(
      String address,
      long uid,
      String name,
      String process,
      long incarnation,
      State state,
      Instant registered,
      String wish) {}

  /** What the partition holds. */
  private record Held(long incarnation, Instant now, List<Life> lives) {
    Optional<Life> at(String address) {
      return lives.stream().filter(life -> life.address().equals(address)).findFirst();
    }
  }

  /**
   * A register in that keyspace, whose tables exist.
   *
   * @param deadAfter a node without heartbeat for so long counts as dead
   */
  public CassandraNodeRegister(ControlKeyspace keyspace, Duration deadAfter) {
    this.keyspace = keyspace;
    this.clock = new ServerClock(keyspace);
    this.deadAfter = deadAfter;
  }

  private boolean conditionally(String cql, @Nullable Object... values) {
    return ControlKeyspace.await(keyspace.conditionally(cql, values));
  }

  private Held held(boolean serially) {
    String cql =
        "SELECT current, address, uid, name, process, incarnation, state, registered, wish,"
            + " toTimestamp(now()) AS now FROM node WHERE one = 'all'";
    var rows = ControlKeyspace.await(serially ? keyspace.rowsSerially(cql) : keyspace.rows(cql));
    List<Life> lives = new ArrayList<>();
    for (var row : rows) {
      String address = row.getString("address");
      if (address != null) { // null: nobody is there, but there was a cluster
        lives.add(
            new Life(
                address,
                row.getLong("uid"),
                text(row, "name"),
                text(row, "process"),
                row.getLong("incarnation"),
                State.valueOf(text(row, "state").toUpperCase(Locale.ROOT)),
                time(row, "registered"),
                text(row, "wish")));
      }
    }
    lives.sort(Comparator.comparing(Life::registered).thenComparing(Life::address));
    return rows.isEmpty()
        ? new Held(0, clock.now(), List.of())
        : new Held(rows.getFirst().getLong("current"), time(rows.getFirst(), "now"), lives);
  }

  private Map<Long, Beat> beats() {
    Map<Long, Beat> beats = new HashMap<>();
    for (var row :
        ControlKeyspace.await(
            keyspace.rows(
                "SELECT address, uid, heartbeat, report FROM node_beat WHERE one = 'all'"))) {
      beats.put(row.getLong("uid"), new Beat(time(row, "heartbeat"), text(row, "report")));
    }
    return beats;
  }

  private boolean alive(Life life, Map<Long, Beat> beats, Instant now) {
    Beat beat = beats.get(life.uid());
    return beat != null && beat.at().isAfter(now.minus(deadAfter));
  }

  private void beat(Self self, String report) {
    ControlKeyspace.await(
        keyspace.later(
            "INSERT INTO node_beat (one, address, uid, heartbeat, report)"
                + " VALUES ('all', ?, ?, toTimestamp(now()), ?)",
            self.address(),
            self.uid(),
            report));
  }

  @Override
  public void register(Self self) {
    beat(self, "{}");
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      boolean replaced =
          conditionally(
              "UPDATE node SET uid = ?, name = ?, process = ?, incarnation = 0,"
                  + " state = 'starting', registered = toTimestamp(now()), wish = ''"
                  + " WHERE one = 'all' AND address = ? IF EXISTS",
              self.uid(),
              self.name(),
              Long.toString(self.process()),
              self.address());
      if (replaced || add(self, State.STARTING, 0)) {
        return;
      }
    }
    throw new ProblemException(
        Problem.unavailable("address-contended", "another process keeps taking this address")
            .at(self.address())
            .todo("look for a second node with the same remoting port"));
  }

  private boolean add(Self self, State state, long incarnation) {
    return conditionally(
        "INSERT INTO node"
            + " (one, address, uid, name, process, incarnation, state, registered, wish)"
            + " VALUES ('all', ?, ?, ?, ?, ?, ?, toTimestamp(now()), '') IF NOT EXISTS",
        self.address(),
        self.uid(),
        self.name(),
        Long.toString(self.process()),
        incarnation,
        word(state));
  }

  @Override
  public View heartbeat(Self self, State state, long incarnation, String report) {
    beat(self, report);
    Held held = held(false);
    Life mine = held.at(self.address()).orElse(null);
    if (mine == null) { // the keyspace was restored to a time without it
      add(self, state, incarnation);
      held = held(false);
      mine = held.at(self.address()).orElse(null);
    } else if (is(self, mine) && (mine.state() != state || mine.incarnation() != incarnation)) {
      conditionally(
          "UPDATE node SET state = ?, incarnation = ? WHERE one = 'all' AND address = ?"
              + " IF uid = ? AND state != 'ended'",
          word(state),
          incarnation,
          self.address(),
          self.uid());
      held = held(false);
      mine = held.at(self.address()).orElse(null);
    }
    Held seen = held;
    Map<Long, Beat> beats = beats();
    boolean replaced = mine == null || !is(self, mine);
    return new View(
        seen.incarnation(),
        mine != null && mine.registered().isBefore(seen.now().minus(deadAfter)),
        replaced,
        seen.lives().stream()
            .map(life ->
                new NodeRegister.Row(
                    life.address(),
                    life.uid(),
                    life.incarnation(),
                    life.state(),
                    alive(life, beats, seen.now()),
                    beats.containsKey(life.uid()) ? beats.get(life.uid()).report() : "{}"))
            .toList(),
        mine == null || replaced || mine.wish().isEmpty()
            ? Wish.NONE
            : Wish.valueOf(mine.wish().toUpperCase(Locale.ROOT)),
        steady(seen.now()));
  }

  private static boolean is(Self self, Life life) {
    return life.uid() == self.uid() && life.state() != State.ENDED;
  }

  private static String word(State state) {
    return state.name().toLowerCase(Locale.ROOT);
  }

  private boolean steady(Instant now) {
    return ControlKeyspace.await(keyspace.rows("SELECT until FROM steady WHERE one = 'all'"))
        .stream()
        .anyMatch(row -> time(row, "until").isAfter(now));
  }

  @Override
  public boolean form(Self self, long seen) {
    Held held = held(true);
    Map<Long, Beat> beats = beats();
    if (held.incarnation() != seen
        || held.lives().stream()
            .anyMatch(life ->
                life.state() == State.UP
                    && !life.address().equals(self.address())
                    && alive(life, beats, held.now()))) {
      return false;
    }
    // Both or neither: one partition, one lightweight transaction.
    return ControlKeyspace.await(
        keyspace
            .bound(
                "UPDATE node SET current = ?, formed_by = ?, formed = toTimestamp(now())"
                    + " WHERE one = 'all' IF current = ?",
                seen + 1,
                self.address(),
                seen == 0 ? null : seen)
            .thenCombine(
                keyspace.bound(
                    "UPDATE node SET state = 'up', incarnation = ?"
                        + " WHERE one = 'all' AND address = ? IF uid = ?",
                    seen + 1,
                    self.address(),
                    self.uid()),
                (raise, up) -> BatchStatement.newInstance(BatchType.LOGGED, raise, up))
            .thenCompose(keyspace::execute)
            .thenApply(result -> result.wasApplied()));
  }

  @Override
  public void leave(Self self) {
    conditionally(
        "DELETE FROM node WHERE one = 'all' AND address = ? IF uid = ?",
        self.address(),
        self.uid());
    ControlKeyspace.await(
        keyspace.later(
            "DELETE FROM node_beat WHERE one = 'all' AND address = ? AND uid = ?",
            self.address(),
            self.uid()));
  }

  @Override
  public void removed(Set<Long> uids) {
    held(true).lives().stream().filter(life -> uids.contains(life.uid())).forEach(this::end);
  }

  private boolean end(Life life) {
    return conditionally(
        "UPDATE node SET state = 'ended' WHERE one = 'all' AND address = ?"
            + " IF uid = ? AND state != 'ended'",
        life.address(),
        life.uid());
  }

  @Override
  public Standing standing(String address, long uid) {
    Held held = held(true);
    Life life = held.at(address).orElse(null);
    if (life == null) {
      return Standing.UNSURE; // the next heartbeat puts the row back
    }
    if (life.uid() != uid
        || life.state() == State.ENDED
        || (life.incarnation() != 0 && life.incarnation() != held.incarnation())) {
      return Standing.GONE;
    }
    boolean deciding =
        ControlKeyspace.await(
                keyspace.rowsSerially(
                    "SELECT owner, since, until FROM sbr_lease WHERE one = 'all'"))
            .stream()
            .anyMatch(row ->
                !address.endsWith("@" + text(row, "owner"))
                    && time(row, "until").isAfter(held.now())
                    && time(row, "since").isAfter(held.now().minus(DECIDING)));
    return deciding ? Standing.UNSURE : Standing.MEMBER;
  }

  @Override
  public List<Listed> nodes() {
    Held held = held(false);
    Map<Long, Beat> beats = beats();
    return held.lives().stream()
        .sorted(Comparator.comparing(Life::name).thenComparing(Life::address))
        .map(life -> {
          Beat beat = beats.getOrDefault(life.uid(), new Beat(life.registered(), "{}"));
          Duration silent = Duration.between(beat.at(), held.now());
          return new Listed(
              life.name(),
              life.address(),
              life.uid(),
              life.process(),
              life.incarnation(),
              life.state(),
              alive(life, beats, held.now()),
              silent.isNegative() ? Duration.ZERO : silent,
              life.registered(),
              beat.report());
        })
        .toList();
  }

  @Override
  public boolean wish(String name, Wish wish) {
    Held held = held(false);
    Map<Long, Beat> beats = beats();
    boolean found = false;
    for (Life life : held.lives()) {
      if (life.name().equals(name) && alive(life, beats, held.now())) {
        found |=
            conditionally(
                "UPDATE node SET wish = ? WHERE one = 'all' AND address = ?"
                    + " IF uid = ? AND state != 'ended'",
                wish == Wish.NONE ? "" : wish.name().toLowerCase(Locale.ROOT),
                life.address(),
                life.uid());
      }
    }
    return found;
  }

  @Override
  public void holdSteady(Duration lasting) {
    ControlKeyspace.await(
        keyspace.later(
            "INSERT INTO steady (one, until) VALUES ('all', ?)", clock.fresh().plus(lasting)));
  }

  @Override
  public boolean ended(String addressSuffix) {
    if (keyspace
        .session()
        .getMetadata()
        .getKeyspace(keyspace.settings().keyspace())
        .flatMap(it -> it.getTable("node"))
        .isEmpty()) {
      return false; // before the first node has started
    }
    boolean found = false;
    for (Life life : held(true).lives()) {
      if (life.address().endsWith(addressSuffix) && life.state() != State.ENDED) {
        found |= end(life);
      }
    }
    return found;
  }

  private static String text(com.datastax.oss.driver.api.core.cql.Row row, String column) {
    return Objects.requireNonNull(row.getString(column), column);
  }

  private static Instant time(com.datastax.oss.driver.api.core.cql.Row row, String column) {
    return Objects.requireNonNull(row.getInstant(column), column);
  }
}
