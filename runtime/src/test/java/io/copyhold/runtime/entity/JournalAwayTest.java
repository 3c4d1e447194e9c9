package io.copyhold.runtime.entity;

import static io.copyhold.runtime.TestSystem.until;
import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.TestSystem;
import io.copyhold.runtime.entity.Counter.Command;
import io.copyhold.runtime.postgres.Database;
import io.copyhold.runtime.postgres.EmbeddedPostgres;
import io.copyhold.runtime.postgres.EmbeddedPostgresSettings;
import io.copyhold.runtime.postgres.PostgresFixture;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** The journal's server is killed under a running node, and comes back. */
class JournalAwayTest {
  private static final Origin TEST = Origin.of("test");

  @Test
  void commandsAreNotNowWhileItIsAwayAndNothingAcknowledgedIsLost() throws Exception {
    EmbeddedPostgresSettings settings =
        PostgresFixture.newSettings().withParameter("synchronous_commit", "on");
    EmbeddedPostgres server = PostgresFixture.start(settings);
    settings = settings.at(PostgresFixture.loopback(), server.port());
    Database database = PostgresFixture.newDatabase(server);
    int writers = 4;
    try (TestSystem node =
            TestSystem.Options.of(Counter.TYPE)
                .with("copyhold.entity.ask-max", "2s")
                .start(database)
                .host(Counter.TYPE, _ -> Reactor.none());
        ExecutorService threads = Executors.newFixedThreadPool(writers)) {
      Map<EntityRef, AtomicLong> acknowledged = new ConcurrentHashMap<>();
      AtomicLong notNow = new AtomicLong();
      AtomicBoolean writing = new AtomicBoolean(true);
      List<Future<?>> all = new ArrayList<>();
      for (int w = 0; w < writers; w++) {
        EntityRef counter = new EntityRef("counter", "w" + w);
        node.applied(counter, new Command.Create("one"), TEST);
        acknowledged.put(counter, new AtomicLong());
        all.add(
            threads.submit(() -> {
              for (int i = 0; writing.get(); ) {
                // the outcome may be unknown: the key makes it safe to repeat
                Reply reply =
                    node.ask(counter, new Command.Add(1), TEST.withKey(counter.id() + "-" + i));
                switch (reply) {
                  case Reply.Applied _ -> {
                    acknowledged.get(counter).incrementAndGet();
                    i++;
                  }
                  case Reply.NotNow _ -> notNow.incrementAndGet();
                  case Reply.Refused(var problem) -> throw new AssertionError(problem.toString());
                }
              }
              return null;
            }));
      }
      until(() -> acknowledged.values().stream().allMatch(n -> n.get() >= 20));
      ProcessHandle.of(server.pid()).orElseThrow().destroyForcibly();
      server.exited().get(120, TimeUnit.SECONDS);
      server.close();
      until(() -> notNow.get() >= writers);
      EntityRef cold = new EntityRef("counter", "cold");
      assertThat(node.ask(cold, new Command.Create("one"))).isInstanceOf(Reply.NotNow.class);

      PostgresFixture.start(settings);
      Map<EntityRef, Long> before = new ConcurrentHashMap<>();
      acknowledged.forEach((counter, n) -> before.put(counter, n.get()));
      until(() ->
          acknowledged.entrySet().stream()
              .allMatch(e -> e.getValue().get() >= before.get(e.getKey()) + 20));
      writing.set(false);
      for (Future<?> future : all) {
        future.get();
      }
      acknowledged.forEach((counter, n) -> {
        Reply.Applied last = node.applied(counter, new Command.Create("one"), TEST);
        // the last one may have been stored without its answer
        assertThat(last.view().path("value").asLong()).isBetween(n.get(), n.get() + 1);
      });
      assertThat(node.applied(cold, new Command.Create("one"), TEST).version()).isEqualTo(1);
    }
  }
}
