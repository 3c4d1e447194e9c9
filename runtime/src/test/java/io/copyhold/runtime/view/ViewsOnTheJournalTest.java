package io.copyhold.runtime.view;

import static io.copyhold.runtime.TestSystem.await;
import static io.copyhold.runtime.TestSystem.until;
import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.TestSystem;
import io.copyhold.runtime.entity.Counter;
import io.copyhold.runtime.entity.Counter.Command;
import io.copyhold.runtime.entity.Reactor;
import io.copyhold.runtime.entity.Reply;
import io.copyhold.runtime.journal.Feed;
import io.copyhold.runtime.journal.FeedSettings;
import io.copyhold.runtime.journal.PostgresFeed;
import io.copyhold.runtime.postgres.PostgresFixture;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.SinkQueueWithCancel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From a command through the journal to the directory and to a watcher. */
class ViewsOnTheJournalTest {
  private static final Origin TEST = Origin.of("test");

  @TempDir private Path path;

  @Test
  void whatIsStoredIsListedAndWatchedAndABuildAnewIsTheSame() throws Exception {
    try (TestSystem node =
        TestSystem.Options.of(Counter.TYPE)
            .start(PostgresFixture.newDatabase())
            .host(Counter.TYPE, _ -> Reactor.none())) {
      Feed feed = new PostgresFeed(node.control(), node.types().codec());
      var config = ConfigFactory.load();
      DirectorySettings settings =
          new DirectorySettings(path, 16 << 20, Duration.ofSeconds(5), Duration.ofSeconds(60));
      try (Directory directory = Directory.open(feed, FeedSettings.from(config), settings);
          Changes changes =
              Changes.start(feed, node.types().codec(), node.control().blocking(), config)) {
        SinkQueueWithCancel<Change> watcher =
            changes.after(Feed.START).runWith(Sink.queue(), node.system());
        for (int i = 0; i < 50; i++) {
          EntityRef counter = new EntityRef("counter", "c" + i);
          node.applied(counter, new Command.Create("Counter " + i), TEST);
          Reply.Applied last = node.applied(counter, new Command.Add(i + 1), TEST);
          Page page =
              directory.list(
                  Query.of("counter", 1)
                      .where(Map.of("id", List.of("c" + i)))
                      .including(new Position(counter, last.version()), Duration.ofSeconds(60)));
          assertThat(page.upToDate()).isTrue();
          // as text: a number read back may be narrower
          assertThat(page.rows().getFirst().summary()).hasToString(last.view().toString());
        }
        List<String> seen = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
          Change change = await(watcher.pull()).orElseThrow();
          seen.add(change.entity().id() + "@" + change.version() + " " + change.event());
        }
        assertThat(seen).startsWith("c0@1 created", "c0@2 added", "c1@1 created").hasSize(100);

        Query query =
            Query.of("counter", 100).sortedBy("value", true).counting(List.of("tags", "even"));
        Page before = directory.list(query);
        assertThat(before.total()).isEqualTo(50);
        directory.rebuild();
        until(() -> !directory.rebuilding());
        Page after = directory.list(query);
        assertThat(after.rows()).isEqualTo(before.rows());
        assertThat(after.facets()).isEqualTo(before.facets());
      }
    }
  }
}
