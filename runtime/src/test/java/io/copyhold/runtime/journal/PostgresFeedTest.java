package io.copyhold.runtime.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.Slices;
import io.copyhold.runtime.TestControl;
import io.copyhold.runtime.TestSystem;
import io.copyhold.runtime.entity.Counter;
import io.copyhold.runtime.entity.EntityTypes;
import io.copyhold.runtime.journal.Feed.Entry;
import io.copyhold.runtime.postgres.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PostgresFeedTest {
  private static final Codec CODEC = new EntityTypes(List.of(Counter.TYPE)).codec();

  private final TestControl control = new TestControl();
  private final Database database = control.database();
  private final PostgresFeed feed = new PostgresFeed(control.control(), CODEC);

  @AfterEach
  void close() {
    control.close();
  }

  /** What the JDBC plugin does. */
  private static void insert(Connection connection, String id, long version) throws SQLException {
    try (PreparedStatement s =
        connection.prepareStatement(
            "INSERT INTO copyhold.event (entity, version, name, payload, at, principal, term, slice)"
                + " VALUES (?, ?, 'counter/added/1', ?, now(), 'test', 1, ?)")) {
      s.setString(1, "counter|" + id);
      s.setLong(2, version);
      s.setInt(4, Slices.of(new EntityRef("counter", id)));
      s.setBytes(
          3,
          CODEC.encode(
              new Journaled(
                  new Counter.Event.Added(version), Origin.SYSTEM, Instant.EPOCH, null, null)));
      s.executeUpdate();
    }
  }

  private Connection transaction() throws SQLException {
    Connection connection = database.connect("test");
    connection.setAutoCommit(false);
    return connection;
  }

  private void commit(String id, long version) throws SQLException {
    try (Connection connection = database.connect("test")) {
      insert(connection, id, version);
    }
  }

  private static List<String> names(List<Entry> entries) {
    return entries.stream().map(e -> e.entity().id() + "@" + e.version()).toList();
  }

  @Test
  void eventsComeDecodedAndInOrder() throws SQLException {
    commit("a", 1);
    commit("b", 1);
    commit("a", 2);
    Feed.Batch batch = feed.read(Slices.ALL, Feed.START, 100);
    assertThat(names(batch.entries())).containsExactly("a@1", "b@1", "a@2");
    assertThat(batch.entries().getLast().stored().event()).isEqualTo(new Counter.Event.Added(2));
    assertThat(batch.more()).isFalse();
    assertThat(feed.read(Slices.ALL, batch.offset(), 100).entries()).isEmpty();
  }

  @Test
  void aTransactionThatStaysOpenIsNotSkippedAndHoldsNobodyBack() throws SQLException {
    try (Connection slow = transaction()) {
      insert(slow, "slow", 1);
      commit("fast", 1);
      Feed.Batch first = feed.read(Slices.ALL, Feed.START, 100);
      assertThat(names(first.entries())).containsExactly("fast@1");
      commit("fast", 2);
      Feed.Batch second = feed.read(Slices.ALL, first.offset(), 100);
      assertThat(names(second.entries())).containsExactly("fast@2");
      slow.commit();
      commit("fast", 3);
      Feed.Batch third = feed.read(Slices.ALL, second.offset(), 100);
      assertThat(names(third.entries())).containsExactly("slow@1", "fast@3");
    }
  }

  @Test
  void pagesOfOneEventSkipNothing() throws SQLException {
    try (Connection slow = transaction()) {
      insert(slow, "slow", 1);
      insert(slow, "slow", 2);
      commit("a", 1);
      String offset = feed.read(Slices.ALL, Feed.START, 100).offset();
      slow.commit();
      commit("b", 1);
      List<Entry> seen = new ArrayList<>();
      boolean more = true;
      while (more) {
        Feed.Batch batch = feed.read(Slices.ALL, offset, 1);
        seen.addAll(batch.entries());
        offset = batch.offset();
        more = batch.more();
        if (more) {
          commit("noise", seen.size());
        }
      }
      assertThat(names(seen)).startsWith("slow@1", "slow@2", "b@1");
    }
  }

  @Test
  void whatIsRolledBackNeverComes() throws SQLException {
    try (Connection broken = transaction()) {
      insert(broken, "broken", 1);
      commit("a", 1);
      String offset = feed.read(Slices.ALL, Feed.START, 100).offset();
      broken.rollback();
      assertThat(feed.read(Slices.ALL, offset, 100).entries()).isEmpty();
    }
  }

  @Test
  void slicesShareTheEntitiesOutWithNoneLeftOver() throws SQLException {
    try (Connection connection = database.connect("test")) {
      for (int i = 0; i < 100; i++) {
        insert(connection, "e" + i, 1);
      }
    }
    int seen = 0;
    for (int slice = 0; slice < Slices.COUNT; slice++) {
      for (Entry entry : feed.read(new Slices(slice, slice), Feed.START, 1_000).entries()) {
        assertThat(Slices.of(entry.entity())).isEqualTo(slice);
        seen++;
      }
    }
    assertThat(seen).isEqualTo(100);
  }

  @Test
  void theEndIsAfterWhatIsStoredAndBeforeWhatComes() throws SQLException {
    commit("a", 1);
    String end = feed.end();
    commit("a", 2);
    assertThat(names(feed.read(Slices.ALL, end, 100).entries())).containsExactly("a@2");
  }

  @Test
  void textThatIsNoOffsetIsRefused() {
    for (String nonsense : List.of("x", "1:2", "1:2:3~", "1:2:a", "~~~", "1:2:~1:2:~1")) {
      assertThatThrownBy(() -> feed.read(Slices.ALL, nonsense, 1))
          .isInstanceOf(ProblemException.class)
          .hasMessageContaining("offset-malformed");
    }
  }

  @Test
  void manyWritersWithTransactionsOfAnyLengthLoseNothingAndKeepEachEntitysOrder() throws Exception {
    long seed = new Random().nextLong();
    int writers = 8;
    int each = 150;
    AtomicBoolean writing = new AtomicBoolean(true);
    Map<EntityRef, Long> last = new HashMap<>();
    List<String> disorder = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(writers)) {
      List<Future<?>> all = new ArrayList<>();
      for (int w = 0; w < writers; w++) {
        String id = "w" + w;
        Random random = new Random(seed + w);
        all.add(
            threads.submit(() -> {
              try (Connection connection = transaction()) {
                for (long version = 1; version <= each; ) {
                  for (int n = random.nextInt(4); n >= 0 && version <= each; n--) {
                    insert(connection, id, version++);
                    if (random.nextInt(10) == 0) {
                      Thread.yield();
                    }
                  }
                  connection.commit();
                }
              }
              return null;
            }));
      }
      String offset = Feed.START;
      Random random = new Random(seed - 1);
      int quiet = 0; // reads that left nothing over since the last writer ended
      while (quiet < 2) {
        boolean wasWriting = writing.get();
        Feed.Batch batch = feed.read(Slices.ALL, offset, 1 + random.nextInt(20));
        for (Entry entry : batch.entries()) {
          long before = last.getOrDefault(entry.entity(), 0L);
          if (entry.version() != before + 1) {
            disorder.add(entry.entity() + "@" + entry.version() + " after " + before);
          }
          last.put(entry.entity(), entry.version());
        }
        offset = batch.offset();
        quiet += wasWriting || batch.more() ? 0 : 1;
        writing.set(!all.stream().allMatch(Future::isDone));
      }
      for (Future<?> future : all) {
        future.get();
      }
    }
    assertThat(disorder).as("seed %s", seed).isEmpty();
    assertThat(last.values()).as("seed %s", seed).hasSize(writers).containsOnly((long) each);
  }

  @Test
  void aLoopFollowsFromItsFollowersOffsetAlsoAfterTrouble() throws SQLException {
    FeedSettings settings = FeedSettings.from(ConfigFactory.load());
    List<String> seen = new CopyOnWriteArrayList<>();
    AtomicReference<String> kept = new AtomicReference<>(Feed.START);
    AtomicBoolean broken = new AtomicBoolean(true);
    FeedLoop.Follower follower =
        new FeedLoop.Follower() {
          @Override
          public String offset() {
            return kept.get();
          }

          @Override
          public void take(Feed.Batch batch) {
            if (broken.getAndSet(false)) {
              throw new IllegalStateException("a follower in trouble");
            }
            seen.addAll(names(batch.entries()));
            kept.set(batch.offset());
          }
        };
    commit("a", 1);
    try (FeedLoop loop = FeedLoop.start("test", feed, Slices.ALL, settings, follower)) {
      TestSystem.until(() -> seen.contains("a@1"));
      commit("a", 2);
      loop.nudge();
      TestSystem.until(() -> seen.contains("a@2"));
    }
    commit("a", 3);
    try (FeedLoop _ = FeedLoop.start("test", feed, Slices.ALL, settings, follower)) {
      TestSystem.until(() -> seen.contains("a@3"));
    }
    assertThat(seen).containsExactly("a@1", "a@2", "a@3");
  }

  @Test
  void theJavaAndTheStoredSliceAreTheSame() throws SQLException {
    commit("a b/ü", 1);
    try (Connection connection = database.connect("test");
        PreparedStatement s = connection.prepareStatement("SELECT slice FROM copyhold.event");
        ResultSet r = s.executeQuery()) {
      assertThat(r.next()).isTrue();
      assertThat(r.getInt(1)).isEqualTo(Slices.of(new EntityRef("counter", "a b/ü")));
    }
  }
}
