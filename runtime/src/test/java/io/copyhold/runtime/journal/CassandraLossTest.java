package io.copyhold.runtime.journal;

import static io.copyhold.runtime.TestSystem.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.Slices;
import io.copyhold.runtime.TestSystem;
import io.copyhold.runtime.cassandra.CassandraFixture;
import io.copyhold.runtime.cassandra.CassandraSettings;
import io.copyhold.runtime.cassandra.EmbeddedCassandra;
import io.copyhold.runtime.cassandra.EmbeddedCassandraSettings;
import io.copyhold.runtime.entity.Counter;
import io.copyhold.runtime.entity.Counter.Command;
import io.copyhold.runtime.entity.Reactor;
import io.copyhold.runtime.entity.Reply;
import io.copyhold.runtime.postgres.PostgresFixture;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Cassandra is killed under writers: whole, and one node of three. */
class CassandraLossTest {
  private static final int WRITERS = 8;
  private static final Origin TEST = Origin.of("test");

  /** Adds to a counter each until told to stop, with a key, again until it is answered. */
  private static final class Writers implements AutoCloseable {
    private final AtomicBoolean stop = new AtomicBoolean();
    private final Map<Integer, AtomicInteger> acknowledged = new ConcurrentHashMap<>();
    private final AtomicInteger repeated = new AtomicInteger();
    private final List<Thread> threads = new ArrayList<>();
    private final List<Throwable> failures = new ArrayList<>();

    Writers(TestSystem node) {
      for (int w = 0; w < WRITERS; w++) {
        int writer = w;
        acknowledged.put(writer, new AtomicInteger());
        threads.add(Thread.ofPlatform().start(() -> run(node, writer)));
      }
    }

    private void run(TestSystem node, int writer) {
      try {
        node.applied(counter(writer), new Command.Create("one"), TEST.withKey("create"));
        while (!stop.get()) {
          int next = acknowledged.get(writer).get() + 1;
          Origin keyed = TEST.withKey("add-" + next);
          Reply reply = node.ask(counter(writer), new Command.Add(1), keyed);
          while (reply instanceof Reply.NotNow) {
            repeated.incrementAndGet();
            reply = node.ask(counter(writer), new Command.Add(1), keyed);
          }
          assertThat(reply).isInstanceOf(Reply.Applied.class);
          acknowledged.get(writer).incrementAndGet();
        }
      } catch (Throwable e) {
        synchronized (failures) {
          failures.add(e);
        }
      }
    }

    int total() {
      return acknowledged.values().stream().mapToInt(AtomicInteger::get).sum();
    }

    /** Waits for so many more acknowledgements. */
    void go(int more) {
      int from = total();
      TestSystem.until(() -> total() >= from + more || !failures.isEmpty());
      assertThat(failures).isEmpty();
    }

    @Override
    public void close() {
      stop.set(true);
      for (Thread thread : threads) {
        try {
          thread.join(TestSystem.PATIENCE);
        } catch (InterruptedException e) {
          throw new AssertionError(e);
        }
        assertThat(thread.isAlive()).isFalse();
      }
      assertThat(failures).isEmpty();
    }
  }

  private static EntityRef counter(int writer) {
    return new EntityRef("counter", "w" + writer);
  }

  private static TestSystem start(Map<String, ?> keys) {
    return TestSystem.Options.of(Counter.TYPE)
        .with(keys)
        .start(PostgresFixture.newDatabase())
        .host(Counter.TYPE, _ -> Reactor.none());
  }

  private static void requireNothingLost(TestSystem node, Writers writers) {
    Map<EntityRef, TreeSet<Long>> seen = new HashMap<>();
    TestSystem.until(() -> {
      seen.clear();
      String offset = Feed.START;
      boolean more = true;
      while (more) {
        Feed.Batch batch = node.feed().read(Slices.ALL, offset, 1_000);
        batch
            .entries()
            .forEach(
                one -> seen.computeIfAbsent(one.entity(), _ -> new TreeSet<>()).add(one.version()));
        offset = batch.offset();
        more = batch.more();
      }
      return seen.values().stream().mapToInt(TreeSet::size).sum() >= writers.total() + WRITERS;
    });
    for (int w = 0; w < WRITERS; w++) {
      int acknowledged = writers.acknowledged.get(w).get();
      Reply.Applied reply = (Reply.Applied) await(node.entities().read(counter(w)));
      // keys make a repeated add count once, so neither fewer nor more
      assertThat(reply.view().path("value").asInt()).isEqualTo(acknowledged);
      assertThat(seen.get(counter(w)))
          .containsExactlyElementsOf(LongStream.rangeClosed(1, acknowledged + 1).boxed().toList());
    }
  }

  @Test
  void aServerThatIsKilledAndComesBackLosesNothingAcknowledged() {
    EmbeddedCassandraSettings settings = CassandraFixture.durable();
    EmbeddedCassandra first = CassandraFixture.start(settings);
    settings = settings.at(first.host(), first.port(), first.storagePort());
    try (TestSystem node = start(CassandraFixture.keys(first, "kept"))) {
      Writers writers = new Writers(node);
      EmbeddedCassandra second;
      try (writers) {
        writers.go(200);
        first.kill();
        first.close();
        second = CassandraFixture.start(settings);
        writers.go(200);
      }
      assertThat(writers.repeated).hasPositiveValue();
      requireNothingLost(node, writers);
      assertThat(second.pid()).isNotEqualTo(first.pid());
    }
  }

  @Test
  @Tag("heavy")
  void oneNodeOfThreeIsLostAndNoWriteIsLostOrLeftUnanswered() {
    List<EmbeddedCassandra> ring = CassandraFixture.ring();
    Map<String, Object> keys = CassandraFixture.keys(ring.getFirst(), "kept");
    keys.putAll(
        CassandraSettings.keys(ring.stream().map(EmbeddedCassandra::address).toList(), "kept", 3));
    try (TestSystem node = start(keys)) {
      Writers writers = new Writers(node);
      try (writers) {
        writers.go(300);
        ring.getLast().kill();
        long begun = System.nanoTime();
        writers.go(300);
        System.out.printf(
            "after the loss: 300 writes in %d ms, %d asked again%n",
            TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun), writers.repeated.get());
        writers.go(2_000); // without it
      }
      requireNothingLost(node, writers);
      System.out.printf(
          "%d acknowledged, %d asked again%n", writers.total(), writers.repeated.get());
    }
  }
}
