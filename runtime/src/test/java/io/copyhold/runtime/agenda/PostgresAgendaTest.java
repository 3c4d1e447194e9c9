package io.copyhold.runtime.agenda;

import static io.copyhold.runtime.TestSystem.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.TestControl;
import io.copyhold.runtime.agenda.Agenda.Due;
import io.copyhold.runtime.agenda.Agenda.Row;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PostgresAgendaTest {
  private static final Instant PAST = Instant.parse("2020-01-01T00:00:00Z");
  private static final Instant FUTURE = Instant.parse("2999-01-01T00:00:00Z");
  private static final Duration LONG = Duration.ofHours(1);

  private final TestControl control = new TestControl();
  private final AgendaSettings settings = AgendaSettings.from(ConfigFactory.load());
  private final PostgresAgenda agenda = new PostgresAgenda(control.control(), "node-a", settings);
  private final PostgresAgenda other = new PostgresAgenda(control.control(), "node-b", settings);

  @AfterEach
  void close() {
    control.close();
  }

  private static EntityRef entity(int i) {
    return new EntityRef("counter", "c" + i);
  }

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
    all.forEach(io.copyhold.runtime.TestSystem::await);
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
    all.forEach(io.copyhold.runtime.TestSystem::await);
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
}
