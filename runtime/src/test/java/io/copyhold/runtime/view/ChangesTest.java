package io.copyhold.runtime.view;

import static io.copyhold.runtime.TestSystem.await;
import static io.copyhold.runtime.TestSystem.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.entity.Counter;
import io.copyhold.runtime.entity.EntityTypes;
import io.copyhold.runtime.journal.Codec;
import io.copyhold.runtime.journal.MemoryFeed;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.SinkQueueWithCancel;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ChangesTest {
  private static final Codec CODEC = new EntityTypes(List.of(Counter.TYPE)).codec();
  private static ActorTestKit kit;

  private final MemoryFeed feed = new MemoryFeed();
  private ExecutorService blocking;
  private Changes changes;

  @BeforeAll
  static void startKit() {
    kit = ActorTestKit.create(ConfigFactory.parseString("pekko.actor.provider = local"));
  }

  @AfterAll
  static void stopKit() {
    kit.shutdownTestKit();
  }

  @BeforeEach
  void start() {
    blocking = Executors.newVirtualThreadPerTaskExecutor();
    changes =
        Changes.start(
            feed,
            CODEC,
            blocking,
            ConfigFactory.parseString("copyhold.view.changes-kept = 5")
                .withFallback(ConfigFactory.load()));
  }

  @AfterEach
  void stop() {
    changes.close();
    blocking.shutdownNow();
  }

  private void add(String id, long version) {
    feed.add(new EntityRef("counter", id), version, new Counter.Event.Added(version), null);
    changes.stored();
  }

  private SinkQueueWithCancel<Change> watch(String offset) {
    return changes.after(offset).runWith(Sink.queue(), kit.system());
  }

  private static List<String> take(SinkQueueWithCancel<Change> watcher, int n) {
    List<String> seen = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      Change change = await(watcher.pull()).orElseThrow();
      seen.add(change.entity().id() + "@" + change.version());
    }
    return seen;
  }

  @Test
  void aWatcherFromNowOnSeesWhatComesAndNotWhatWas() {
    add("old", 1);
    SinkQueueWithCancel<Change> watcher = watch(null);
    CompletionStage<?> first = watcher.pull();
    until(() -> feed.ends() == 2); // the loop and the watcher have asked where the end is
    add("a", 1);
    add("a", 2);
    first.toCompletableFuture().join();
    assertThat(take(watcher, 1)).containsExactly("a@2");
  }

  @Test
  void aWatcherThatResumesMissesNothingFarBehindOrNear() {
    for (int i = 1; i <= 20; i++) {
      add("a", i);
    }
    SinkQueueWithCancel<Change> far = watch("2");
    assertThat(take(far, 18)).startsWith("a@3").endsWith("a@20");
    add("b", 1);
    assertThat(take(far, 1)).containsExactly("b@1");
    for (int i = 2; i <= 20; i++) {
      add("b", i); // more than is kept, while it does not ask
    }
    assertThat(take(far, 19)).startsWith("b@2").endsWith("b@20");
  }

  @Test
  void theOffsetOfAChangeResumesAfterIt() {
    for (int i = 1; i <= 5; i++) {
      add("a", i);
    }
    SinkQueueWithCancel<Change> first = watch("");
    take(first, 2);
    String offset = await(first.pull()).orElseThrow().offset();
    first.cancel();
    assertThat(take(watch(offset), 2)).containsExactly("a@4", "a@5");
  }

  @Test
  void aChangeNamesItsEventAndEntity() {
    add("a", 1);
    Change change = await(watch("").pull()).orElseThrow();
    assertThat(change.event()).isEqualTo("added");
    assertThat(change.entity()).isEqualTo(new EntityRef("counter", "a"));
  }

  @Test
  void anOffsetThatCannotBeReadFailsTheStream() {
    assertThatThrownBy(() -> await(watch("nonsense").pull()))
        .hasStackTraceContaining("NumberFormatException");
  }
}
