package io.copyhold.runtime.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.RuntimeConfig;
import io.copyhold.runtime.TestControl;
import io.copyhold.runtime.TestSystem;
import io.copyhold.runtime.agenda.Agenda;
import io.copyhold.runtime.entity.Counter;
import io.copyhold.runtime.entity.EntityTypes;
import io.copyhold.runtime.journal.PostgresJournal.Row;
import io.copyhold.runtime.journal.PostgresJournal.Verdict;
import io.copyhold.runtime.journal.PostgresJournal.Write;
import io.copyhold.runtime.postgres.ControlDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.BootstrapSetup;
import org.apache.pekko.actor.setup.ActorSystemSetup;
import org.apache.pekko.persistence.JournalProtocol;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The contract of all journals, and what only PostgreSQL's promises. */
class PostgresJournalTest extends JournalContract {
  private static final EntityTypes TYPES = new EntityTypes(List.of(Counter.TYPE));
  private static TestControl control;
  private static PostgresJournal journal;
  private static ActorSystem system;

  /** A node of its own on the same database. */
  private static PostgresJournal node(String name, Map<String, ?> settings) {
    PostgresJournal node =
        new PostgresJournal(control.control(), TYPES.codec(), settings(settings));
    node.named(name);
    return node;
  }

  private static JournalSettings settings(Map<String, ?> settings) {
    Map<String, Object> keys = new HashMap<>(JournalSettings.keys(control.database()));
    keys.putAll(settings);
    return JournalSettings.from(RuntimeConfig.of(ConfigFactory.parseMap(keys)));
  }

  @BeforeAll
  static void start() {
    control = new TestControl();
    journal = node("one", Map.of());
    Map<String, Object> keys = new HashMap<>(JournalSettings.keys(control.database()));
    keys.put("pekko.actor.provider", "local");
    system =
        ActorSystem.create(
            "contract",
            ActorSystemSetup.create(
                BootstrapSetup.create(RuntimeConfig.of(ConfigFactory.parseMap(keys))),
                TYPES,
                journal));
    for (int number = 0; number < 30; number++) {
      Shard shard = new Shard("counter", number);
      journal.terms().taken(shard, await(journal.claim(shard)), _ -> {});
    }
  }

  @AfterAll
  static void stop() {
    system.terminate();
    await(system.getWhenTerminated());
    control.close();
  }

  private static <T> T await(CompletionStage<T> stage) {
    return TestSystem.await(stage);
  }

  @Override
  ActorSystem system() {
    return system;
  }

  private static Write write(EntityRef entity, long version, long term) {
    return write(entity, version, term, "contract", null);
  }

  private static Write write(
      EntityRef entity, long version, long term, String principal, Journaled.AgendaChange agenda) {
    return new Write(
        entity,
        term,
        List.of(
            new Row(
                entity,
                version,
                "counter/added/1",
                TYPES.codec().encode(event(version)),
                Instant.EPOCH,
                principal,
                agenda)));
  }

  private static List<String> strings(String sql, String argument) throws SQLException {
    try (Connection connection = control.database().connect("test");
        PreparedStatement s = connection.prepareStatement(sql)) {
      s.setString(1, argument);
      List<String> found = new ArrayList<>();
      try (ResultSet r = s.executeQuery()) {
        while (r.next()) {
          found.add(r.getString(1));
        }
      }
      return found;
    }
  }

  private static List<String> versions(EntityRef entity) throws SQLException {
    return strings(
        "SELECT version FROM copyhold.event WHERE entity = ? ORDER BY version",
        entity.persistenceId());
  }

  private static List<String> rows(EntityRef entity) throws SQLException {
    return strings(
        "SELECT name || ' ' || node FROM copyhold.agenda WHERE entity = ? ORDER BY 1",
        entity.toString());
  }

  @Test
  void aVersionIsStoredOnceWhoeverComesSecond() {
    stored(1, 2);
    List<Object> second = bring(entity, 2, 1);
    assertThat(second.get(0)).isInstanceOf(JournalProtocol.WriteMessagesFailed.class);
    assertThat(second.get(1)).isInstanceOf(JournalProtocol.WriteMessageFailure.class);
    assertThat(all().versions()).containsExactly(1L, 2L);
  }

  @Test
  void eventsOfOneWriteAreStoredTogetherOrNotAtAll() {
    stored(1, 2);
    List<Object> overlapping = bring(entity, 2, 3);
    assertThat(overlapping.getFirst()).isInstanceOf(JournalProtocol.WriteMessagesFailed.class);
    assertThat(all().versions()).containsExactly(1L, 2L);
  }

  @Test
  void aReplacedOwnerThatWritesNothingLearnsItWhenItAsks() {
    PostgresJournal former = node("silent", Map.of());
    PostgresJournal later = node("loud", Map.of());
    Shard taken = new Shard("silent", 1);
    Shard kept = new Shard("silent", 2);
    List<Problem> lost = new CopyOnWriteArrayList<>();
    for (Shard shard : List.of(taken, kept)) {
      former.terms().taken(shard, await(former.claim(shard)), lost::add);
    }
    assertThat(await(former.checkTerms())).isZero();

    await(later.claim(taken));
    assertThat(await(former.checkTerms())).isOne();
    assertThat(lost)
        .singleElement()
        .satisfies(problem -> assertThat(problem.code()).isEqualTo("shard-claimed"));
    assertThat(former.terms().holds(taken)).isFalse();
    assertThat(former.terms().holds(kept)).isTrue();
    assertThat(await(former.checkTerms())).isZero();
  }

  @Test
  void aClaimOutdatesTheTermOfTheFormerOwnerAndTellsItOnce() throws SQLException {
    PostgresJournal former = node("former", Map.of());
    PostgresJournal later = node("later", Map.of());
    EntityRef ours = new EntityRef("elsewhere", entity.id());
    Shard shard = former.terms().shard(ours);
    List<Problem> lost = new CopyOnWriteArrayList<>();
    long first = await(former.claim(shard));
    former.terms().taken(shard, first, lost::add);
    assertThat(await(former.append(write(ours, 1, first)))).isInstanceOf(Verdict.Stored.class);

    long second = await(later.claim(shard));
    assertThat(second).isGreaterThan(first);
    assertThat(await(former.append(write(ours, 2, first)))).isInstanceOf(Verdict.Fenced.class);
    assertThat(await(former.append(write(ours, 2, first)))).isInstanceOf(Verdict.Fenced.class);
    assertThat(await(later.append(write(ours, 2, second)))).isInstanceOf(Verdict.Stored.class);

    assertThat(versions(ours)).containsExactly("1", "2");
    assertThat(lost)
        .singleElement()
        .satisfies(why -> assertThat(why.code()).isEqualTo("shard-claimed"));
    assertThatThrownBy(() -> former.terms().of(ours)).hasMessageContaining("not-owner");
    assertThat(
            strings(
                "SELECT node FROM copyhold.shard_term WHERE type = ? AND term > 0", "elsewhere"))
        .containsExactly("later");
  }

  @Test
  void aClaimWaitsForAnAppendUnderWayAndThenSeesIt() throws Exception {
    EntityRef ours = new EntityRef("waiting", entity.id());
    PostgresJournal former = node("former", Map.of());
    Shard shard = former.terms().shard(ours);
    long first = await(former.claim(shard));
    try (Connection slow = control.database().connect("slow");
        Statement s = slow.createStatement()) {
      slow.setAutoCommit(false); // as a server that takes long over one append
      s.execute(
          "SELECT pg_advisory_xact_lock_shared(copyhold.lock_space(), lock)"
              + " FROM copyhold.shard_term WHERE type = 'waiting'");
      s.execute(
          "INSERT INTO copyhold.event (entity, version, name, payload, at, principal, term, slice)"
              + " SELECT 'waiting|' || 'x', 1, 'counter/added/1', '', now(), 'slow', "
              + first
              + ", 0");
      CompletableFuture<Long> claim = node("later", Map.of()).claim(shard).toCompletableFuture();
      TestSystem.until(() -> {
        try {
          return !strings("SELECT pid FROM pg_locks WHERE locktype = ? AND NOT granted", "advisory")
              .isEmpty();
        } catch (SQLException e) {
          throw new IllegalStateException(e);
        }
      });
      assertThat(claim).isNotDone();
      slow.commit();
      assertThat(await(claim)).isGreaterThan(first);
    }
    assertThat(versions(new EntityRef("waiting", "x"))).containsExactly("1");
  }

  @Test
  void agendaRowsComeAndGoWithTheirEventAndNotWithoutIt() throws SQLException {
    long term = journal.terms().of(entity);
    Agenda.Row ring = new Agenda.Row(entity, "ring", Instant.parse("2100-01-01T00:00:00Z"));
    Agenda.Row other = new Agenda.Row(entity, "other", Instant.parse("2100-01-01T00:00:00Z"));
    await(
        journal.append(
            write(
                entity,
                1,
                term,
                "a",
                new Journaled.AgendaChange(List.of(ring, other), List.of()))));
    assertThat(rows(entity)).containsExactly("other one", "ring one");

    Verdict taken =
        await(
            journal.append(
                write(
                    entity, 1, term, "a", new Journaled.AgendaChange(List.of(), List.of("ring")))));
    Verdict fenced =
        await(
            journal.append(
                write(
                    entity,
                    2,
                    term - 1,
                    "a",
                    new Journaled.AgendaChange(List.of(), List.of("ring")))));
    assertThat(taken).isInstanceOf(Verdict.Refused.class);
    assertThat(fenced).isInstanceOf(Verdict.Fenced.class);
    assertThat(rows(entity)).containsExactly("other one", "ring one");

    await(
        journal.append(
            write(entity, 2, term, "a", new Journaled.AgendaChange(List.of(), List.of("ring")))));
    assertThat(rows(entity)).containsExactly("other one");
  }

  @Test
  void whatTheServerCannotStoreFailsNobodyElseOfItsGroup() throws SQLException {
    PostgresJournal one = node("grouping", Map.of("copyhold.journal.group.writers", 1));
    List<CompletableFuture<Verdict>> verdicts = new ArrayList<>();
    List<EntityRef> entities = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      EntityRef each = new EntityRef("counter", entity.id() + "-" + i);
      entities.add(each);
      String principal = i == 17 ? "nul \u0000 cannot be stored" : "contract";
      verdicts.add(
          one.append(write(each, 1, journal.terms().of(each), principal, null))
              .toCompletableFuture());
    }
    for (int i = 0; i < 40; i++) {
      assertThat(await(verdicts.get(i)))
          .isInstanceOf(i == 17 ? Verdict.Refused.class : Verdict.Stored.class);
      assertThat(versions(entities.get(i))).hasSize(i == 17 ? 0 : 1);
    }
  }

  @Test
  void aServerThatDoesNotAnswerLeavesTheOutcomeUnknown() {
    TestControl gone = new TestControl();
    PostgresJournal away =
        new PostgresJournal(
            new ControlDatabase(gone.control().pool(), Runnable::run),
            TYPES.codec(),
            settings(Map.of()));
    gone.close();
    assertThat(away.append(write(entity, 1, 1)).toCompletableFuture()).isCompletedExceptionally();
  }
}
