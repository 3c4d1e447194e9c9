package io.copyhold.runtime.agenda;

import static io.copyhold.runtime.TestSystem.await;
import static io.copyhold.runtime.TestSystem.until;
import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.TestSystem;
import io.copyhold.runtime.agenda.Agenda.Due;
import io.copyhold.runtime.agenda.Agenda.Row;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every agenda promises. One beside PostgreSQL extends this and gives views of one store, each
 * of another node.
 *
 * <p>{@code -Dagenda.alarms=1000000 -Dagenda.due=100000} runs it at scale.
 */
abstract class AgendaContract {
  private static final Instant PAST = Instant.parse("2020-01-01T00:00:00Z");
  private static final Instant FUTURE = Instant.parse("2999-01-01T00:00:00Z");
  private static final Duration LONG = Duration.ofHours(1);

  /** Rows planned in all, and of those due at once: small enough for every build. */
  private static final int ALARMS = Integer.getInteger("agenda.alarms", 20_000);

  private static final int DUE = Integer.getInteger("agenda.due", 4_000);

  private Agenda agenda;
  private Agenda other;

  /** The agenda as that node sees it; all calls of one test share the rows. */
  abstract Agenda agenda(String node);

  @BeforeEach
  void open() {
    agenda = agenda("node-a");
    other = agenda("node-b");
  }

  private static EntityRef entity(int i) {
    return new EntityRef("counter", "c" + i);
  }

  /** What is not due soon, of a lost node, comes after the visibility. */
  static final AgendaSettings SETTINGS =
      AgendaSettings.from(
          ConfigFactory.parseString("copyhold.agenda { visibility = 1s, poll = 100ms }")
              .withFallback(ConfigFactory.load()));

  private List<Due> takeAll() {
    return await(agenda.take(0, 1, 1_000, LONG));
  }

  @Test
  void whatIsDueIsTakenOnceUntilItsVisibilityEnds() {
    await(agenda.put(List.of(new Row(entity(1), "x", PAST), new Row(entity(2), "x", FUTURE))));
    assertThat(takeAll()).containsExactly(new Due(entity(1), "x", PAST, 0));
    assertThat(takeAll()).isEmpty();
    assertThat(await(agenda.size())).isEqualTo(2);
  }

  @Test
  void aRowNobodyAnsweredComesAgainAndCounts() {
    await(agenda.put(List.of(new Row(entity(1), "x", PAST))));
    assertThat(await(agenda.take(0, 1, 10, Duration.ZERO)))
        .extracting(Due::missed)
        .containsExactly(0);
    assertThat(await(agenda.take(0, 1, 10, Duration.ZERO)))
        .extracting(Due::missed)
        .containsExactly(1);
    await(agenda.put(List.of(new Row(entity(1), "x", PAST))));
    assertThat(takeAll()).extracting(Due::missed).containsExactly(0);
  }

  @Test
  void aRowPutAnewReplacesTheFormerOne() {
    await(agenda.put(List.of(new Row(entity(1), "x", PAST))));
    await(agenda.put(List.of(new Row(entity(1), "x", FUTURE))));
    assertThat(takeAll()).isEmpty();
    assertThat(await(agenda.size())).isEqualTo(1);
  }

  @Test
  void aRemovedRowIsGoneAndRemovingAgainIsFine() {
    await(agenda.put(List.of(new Row(entity(1), "x", PAST), new Row(entity(1), "y", PAST))));
    await(agenda.remove(entity(1), List.of("x")));
    await(agenda.remove(entity(1), List.of("x")));
    assertThat(takeAll()).extracting(Due::name).containsExactly("y");
  }

  @Test
  void ofSeveralChangesToOneRowTheLastOneCounts() {
    List<CompletionStage<Void>> all = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      all.add(agenda.put(List.of(new Row(entity(i % 10), "x", PAST))));
      all.add(agenda.remove(entity(i % 10), List.of("x")));
    }
    all.add(agenda.put(List.of(new Row(entity(3), "x", PAST))));
    all.forEach(TestSystem::await);
    assertThat(takeAll()).extracting(Due::entity).containsExactly(entity(3));
  }

  @Test
  void rangesShareTheRowsOutWithNoneLeftOver() {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      rows.add(new Row(entity(i), "x", PAST));
    }
    await(agenda.put(rows));
    Set<EntityRef> seen = new HashSet<>();
    for (int range = 0; range < 7; range++) {
      for (Due due : await(agenda.take(range, 7, 1_000, LONG))) {
        assertThat(seen.add(due.entity())).isTrue();
      }
    }
    assertThat(seen).hasSize(500);
  }

  @Test
  void twoNodesThatWriteTheSameRowsBothSucceed() {
    List<CompletionStage<Void>> all = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      for (int k = 0; k < 5; k++) {
        all.add(agenda.put(List.of(new Row(entity(k), "x", PAST))));
        all.add(other.put(List.of(new Row(entity(4 - k), "x", PAST))));
        all.add(other.remove(entity(k), List.of("x")));
      }
    }
    all.forEach(TestSystem::await);
    assertThat(await(agenda.size())).isBetween(0L, 5L);
  }

  @Test
  void whatALostNodeWasBusyWithIsDueAtOnce() {
    Instant soon = Instant.now().plusSeconds(60);
    await(
        agenda.put(
            List.of(new Row(entity(1), "operations", soon), new Row(entity(2), "alarm", FUTURE))));
    await(other.put(List.of(new Row(entity(3), "operations", soon))));
    assertThat(await(agenda.nodes())).containsExactlyInAnyOrder("node-a", "node-b");
    assertThat(takeAll()).isEmpty();
    assertThat(await(other.wakeAllOf("node-a"))).isEqualTo(1);
    assertThat(takeAll()).extracting(Due::entity).containsExactly(entity(1));
  }

  @Test
  void namesAndIdsOfAnyTextAreKept() {
    EntityRef odd = new EntityRef("counter", "a,b{\"c\\'d} NULL é/ü");
    await(agenda.put(List.of(new Row(odd, "x {1},\"y\"", PAST))));
    assertThat(takeAll()).containsExactly(new Due(odd, "x {1},\"y\"", PAST, 0));
    await(agenda.remove(odd, List.of("x {1},\"y\"")));
    assertThat(await(agenda.size())).isZero();
  }

  @Test
  void howARowStandsIsToldByTheAgendasOwnTime() {
    await(agenda.put(List.of(new Row(entity(1), "x", PAST), new Row(entity(2), "x", FUTURE))));
    assertThat(await(other.find(entity(1), "x")))
        .hasValueSatisfying(row -> {
          assertThat(row.due()).isEqualTo(PAST);
          assertThat(row.overdue()).isPositive();
        });
    assertThat(await(agenda.find(entity(2), "x")))
        .hasValueSatisfying(row -> assertThat(row.overdue()).isZero());
    assertThat(await(agenda.find(entity(3), "x"))).isEmpty();
  }

  @Test
  void whatALostNodePutByAClockAnHourAheadIsHandedOutSoonToo() {
    await(
        agenda.put(
            List.of(
                new Row(entity(1), Agenda.OPERATIONS, Instant.now().plusSeconds(3_600)),
                new Row(entity(2), "alarm", Instant.now().plusSeconds(30)))));
    assertThat(await(other.wakeAllOf("node-a"))).isEqualTo(1);
    List<Due> taken = new ArrayList<>();
    until(() -> taken.addAll(takeAll())); // after those that were due soon
    assertThat(taken).extracting(Due::entity).containsExactly(entity(1));
  }

  @Test
  void ofVeryManyRowsThoseThatAreDueAreEachTakenOnceByWorkersSideBySide() throws Exception {
    List<CompletionStage<Void>> puts = new ArrayList<>();
    for (int from = 0; from < ALARMS; from += 500) {
      List<Row> rows = new ArrayList<>();
      for (int i = from; i < Math.min(ALARMS, from + 500); i++) {
        rows.add(new Row(entity(i), "x", i < DUE ? PAST : FUTURE));
      }
      puts.add(agenda.put(rows));
      if (puts.size() == 30) { // fewer than may wait
        puts.forEach(TestSystem::await);
        puts.clear();
      }
    }
    puts.forEach(TestSystem::await);
    Set<EntityRef> seen = ConcurrentHashMap.newKeySet();
    AtomicInteger twice = new AtomicInteger();
    try (ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> all = new ArrayList<>();
      for (int worker = 0; worker < 8; worker++) {
        int range = worker % 4; // two nodes may believe to have one range
        Agenda mine = worker < 4 ? agenda : other;
        all.add(
            workers.submit(() -> {
              List<Due> due;
              do {
                due = await(mine.take(range, 4, 500, LONG));
                due.stream()
                    .filter(row -> !seen.add(row.entity()))
                    .forEach(_ -> twice.incrementAndGet());
              } while (!due.isEmpty());
            }));
      }
      for (Future<?> one : all) {
        one.get();
      }
    }
    assertThat(seen).hasSize(DUE);
    assertThat(twice).hasValue(0);
    assertThat(await(agenda.size())).isEqualTo(ALARMS);
  }
}
