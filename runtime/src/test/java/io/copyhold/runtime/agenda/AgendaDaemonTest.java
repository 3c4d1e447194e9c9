package io.copyhold.runtime.agenda;

import static io.copyhold.runtime.TestSystem.await;
import static io.copyhold.runtime.TestSystem.until;
import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.TestSystem;
import io.copyhold.runtime.agenda.Agenda.Due;
import io.copyhold.runtime.agenda.Agenda.Row;
import io.copyhold.runtime.entity.Counter;
import io.copyhold.runtime.postgres.PostgresFixture;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AgendaDaemonTest {
  private static final AgendaSettings SETTINGS =
      AgendaSettings.from(
          ConfigFactory.parseString(
                  "copyhold.agenda { visibility = 1s, poll = 50ms, in-flight-max = 16 }")
              .withFallback(ConfigFactory.load()));

  private final TestSystem node =
      TestSystem.Options.of(Counter.TYPE).withoutDaemon().start(PostgresFixture.newDatabase());
  private final Map<EntityRef, Integer> woken = new ConcurrentHashMap<>();

  @AfterEach
  void stop() {
    node.close();
  }

  private Agenda agenda(String name) {
    return new PostgresAgenda(node.control(), name, SETTINGS);
  }

  private static List<Row> rows(int n, Instant due) {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      rows.add(new Row(new EntityRef("counter", "c" + i), "operations", due));
    }
    return rows;
  }

  @Test
  void allThatIsDueIsWokenWithBoundedConcurrencyUntilItIsAnswered() {
    Agenda agenda = agenda("here");
    await(agenda.put(rows(300, Instant.parse("2020-01-01T00:00:00Z"))));
    AtomicInteger running = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    AgendaDaemon.start(
        node.system(),
        agenda,
        SETTINGS,
        due ->
            CompletableFuture.supplyAsync(
                () -> {
                  most.accumulateAndGet(running.incrementAndGet(), Math::max);
                  int times = woken.merge(due.entity(), 1, Integer::sum);
                  boolean answered = times > 1 || due.entity().id().hashCode() % 10 != 0;
                  if (answered) {
                    await(agenda.remove(due.entity(), List.of(due.name())));
                  } else {
                    assertThat(due.missed()).isZero();
                  }
                  running.decrementAndGet();
                  return answered;
                },
                node.control().blocking()));
    until(() -> await(agenda.size()) == 0);
    assertThat(woken).hasSize(300);
    assertThat(most.get()).isBetween(1, SETTINGS.inFlightMax() * SETTINGS.ranges());
  }

  @Test
  void rowsOfANodeThatIsNoMemberAreWokenAtOnce() {
    Instant soon = Instant.now().plusSeconds(90);
    Agenda lost = agenda("pekko://copyhold@127.0.0.1:1#7");
    await(lost.put(rows(20, soon)));
    Agenda here = agenda(node.ports().node());
    EntityRef mine = new EntityRef("counter", "mine");
    await(here.put(List.of(new Row(mine, "operations", soon))));
    AgendaDaemon.start(
        node.system(),
        here,
        SETTINGS,
        due -> {
          woken.merge(due.entity(), 1, Integer::sum);
          return here.remove(due.entity(), List.of(due.name())).thenApply(_ -> true);
        });
    until(() -> await(here.size()) == 1);
    assertThat(woken).hasSize(20).doesNotContainKey(mine).doesNotContainValue(2);
  }

  @Test
  void afterAnOutageItBeginsSlowlyAgain() {
    AgendaSettings one =
        AgendaSettings.from(
            ConfigFactory.parseString("copyhold.agenda { ranges = 1, poll = 10ms }")
                .withFallback(ConfigFactory.load()));
    List<Integer> limits = new CopyOnWriteArrayList<>();
    int outage = 8;
    Agenda busy =
        new Agenda() {
          @Override
          public CompletionStage<Void> put(List<Row> rows) {
            throw new UnsupportedOperationException();
          }

          @Override
          public CompletionStage<Void> remove(EntityRef entity, List<String> names) {
            throw new UnsupportedOperationException();
          }

          @Override
          public CompletionStage<Void> removeDue(EntityRef entity, String name) {
            throw new UnsupportedOperationException();
          }

          @Override
          public CompletionStage<Integer> wakeAllOf(String lost) {
            throw new UnsupportedOperationException();
          }

          @Override
          public CompletionStage<Long> size() {
            throw new UnsupportedOperationException();
          }

          @Override
          public CompletionStage<List<Due>> take(
              int range, int ranges, int limit, Duration visibility) {
            limits.add(limit);
            if (limits.size() == outage) {
              return CompletableFuture.failedStage(new IllegalStateException("away"));
            }
            List<Due> due = new ArrayList<>();
            for (int i = 0; i < limit; i++) {
              due.add(new Due(new EntityRef("counter", "c" + i), "x", Instant.EPOCH, 0));
            }
            return CompletableFuture.completedStage(due);
          }
        };
    AgendaDaemon.start(node.system(), busy, one, _ -> CompletableFuture.completedStage(true));
    until(() -> limits.size() >= outage + 3);
    int min = one.inFlightMin();
    List<Integer> seen = List.copyOf(limits);
    assertThat(seen.subList(0, outage))
        .startsWith(min, 2 * min, 4 * min)
        .endsWith(one.inFlightMax());
    assertThat(seen.subList(outage, outage + 3)).containsExactly(min, 2 * min, 4 * min);
  }
}
