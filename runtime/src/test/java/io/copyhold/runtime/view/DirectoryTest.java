package io.copyhold.runtime.view;

import static io.copyhold.runtime.TestSystem.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.typesafe.config.ConfigFactory;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.entity.Counter;
import io.copyhold.runtime.journal.FeedSettings;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.journal.MemoryFeed;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectoryTest {
  private static final FeedSettings FEED = FeedSettings.from(ConfigFactory.load());

  @TempDir private Path path;
  private final MemoryFeed feed = new MemoryFeed();
  private Directory directory;

  @BeforeEach
  void open() {
    directory = Directory.open(feed, FEED, settings());
  }

  @AfterEach
  void close() {
    directory.close();
  }

  private DirectorySettings settings() {
    return new DirectorySettings(path, 16 << 20, Duration.ofMillis(1), Duration.ofSeconds(60));
  }

  private void reopen() {
    directory.close();
    directory = Directory.open(feed, FEED, settings());
  }

  private static EntityRef ref(String id) {
    return new EntityRef("counter", id);
  }

  private static ObjectNode summary(String name, long value, String... tags) {
    ObjectNode node = Mappers.JSON.createObjectNode();
    node.put("state", value > 5 ? "busy" : "idle");
    node.put("name", name);
    node.put("value", value);
    node.put("even", value % 2 == 0);
    for (String tag : tags) {
      node.withArray("tags").add(tag);
    }
    return node;
  }

  private void put(String id, long version, ObjectNode summary) {
    feed.add(ref(id), version, new Counter.Event.Added(1), summary);
  }

  private void shown(String id, long version) {
    directory.stored();
    until(() -> directory.find(ref(id)).filter(row -> row.version() >= version).isPresent());
  }

  private List<String> ids(Query query) throws InterruptedException {
    return directory.list(query).rows().stream().map(row -> row.entity().id()).toList();
  }

  private void fill() {
    put("ash", 1, summary("Ash Tree", 3, "red", "old"));
    put("beech", 1, summary("Beech Wood", 7, "red"));
    put("cedar", 1, summary("Cedar of Lebanon", 5, "green"));
    put("cedar-2", 1, summary("Another Cedar", 6));
    feed.add(
        new EntityRef("pool", "p1"), 1, new Counter.Event.Added(1), summary("A Pool", 1, "red"));
    directory.stored();
    until(() -> directory.find(new EntityRef("pool", "p1")).isPresent());
  }

  @Test
  void rowsAreListedByTypeWithTheirSummary() throws InterruptedException {
    fill();
    Page page = directory.list(Query.of("counter", 10));
    assertThat(page.rows())
        .extracting(row -> row.entity().id())
        .containsExactly("ash", "beech", "cedar", "cedar-2");
    assertThat(page.total()).isEqualTo(4);
    assertThat(page.next()).isNull();
    assertThat(page.rows().getFirst().summary().path("name").asText()).isEqualTo("Ash Tree");
    assertThat(directory.list(Query.of(null, 10)).total()).isEqualTo(5);
  }

  @Test
  void filtersAreAnyOfTheirValuesAndAllOfTheirFields() throws InterruptedException {
    fill();
    Query all = Query.of("counter", 10);
    assertThat(ids(all.where(Map.of("tags", List.of("red"))))).containsExactly("ash", "beech");
    assertThat(ids(all.where(Map.of("tags", List.of("old", "green")))))
        .containsExactly("ash", "cedar");
    assertThat(ids(all.where(Map.of("value", List.of("3", "7"), "state", List.of("busy")))))
        .containsExactly("beech");
    assertThat(ids(all.where(Map.of("even", List.of("true"))))).containsExactly("cedar-2");
    assertThat(ids(all.where(Map.of("id", List.of("cedar"))))).containsExactly("cedar");
    assertThat(ids(all.where(Map.of("nothing", List.of("x"))))).isEmpty();
    assertThat(ids(all.where(Map.of("tags", List.of())))).isEmpty();
  }

  @Test
  void wordsAreFoundByTheirBeginningInIdNameAndTags() throws InterruptedException {
    fill();
    Query all = Query.of("counter", 10);
    assertThat(ids(all.search("ced"))).containsExactly("cedar", "cedar-2");
    assertThat(ids(all.search("LEBANON cedar"))).containsExactly("cedar");
    assertThat(ids(all.search("green"))).containsExactly("cedar");
    assertThat(ids(all.search("cedar*)(\"~:")).size()).isEqualTo(2);
    assertThat(ids(all.search("palm"))).isEmpty();
    assertThat(ids(all.startingWith("cedar-"))).containsExactly("cedar-2");
  }

  @Test
  void anyFieldSortsBothWaysAndRowsWithoutItComeLast() throws InterruptedException {
    fill();
    put("dogwood", 1, Mappers.JSON.createObjectNode().put("state", "new"));
    shown("dogwood", 1);
    Query all = Query.of("counter", 10);
    assertThat(ids(all.sortedBy("value", false)))
        .containsExactly("ash", "cedar", "cedar-2", "beech", "dogwood");
    assertThat(ids(all.sortedBy("value", true)))
        .containsExactly("beech", "cedar-2", "cedar", "ash", "dogwood");
    assertThat(ids(all.sortedBy("name", false)))
        .containsExactly("cedar-2", "ash", "beech", "cedar", "dogwood");
    assertThat(ids(all.sortedBy("name", true)))
        .containsExactly("cedar", "beech", "ash", "cedar-2", "dogwood");
    assertThat(ids(all.sortedBy("updatedAt", true)).getFirst()).isEqualTo("dogwood");
    assertThat(ids(all.sortedBy("id", true)).getFirst()).isEqualTo("dogwood");
  }

  @Test
  void pagesOfAnySizeAndOrderJoinToTheWholeListOnAnotherNodeToo() throws Exception {
    List<String> values = List.of("3", "1", "2", "2", "2", "9", "1", "4");
    for (int i = 0; i < 100; i++) {
      ObjectNode summary = Mappers.JSON.createObjectNode().put("state", i % 3 == 0 ? "a" : "b");
      if (i % 7 != 0) {
        summary.put("value", Long.parseLong(values.get(i % values.size())));
        summary.put("name", "n" + values.get(i % values.size()));
      }
      put("e" + (i * 37 % 100), 1, summary);
    }
    shown("e" + (99 * 37 % 100), 1);
    try (Directory other =
        Directory.open(
            feed,
            FEED,
            new DirectorySettings(
                Files.createTempDirectory(path, "other"),
                16 << 20,
                Duration.ofSeconds(5),
                Duration.ofSeconds(60)))) {
      until(other::current);
      for (String sort :
          List.of("id", "value", "name", "state", "version", "updatedAt", "nothing")) {
        for (boolean down : new boolean[] {false, true}) {
          List<String> whole = ids(Query.of("counter", 1_000).sortedBy(sort, down));
          assertThat(whole).as(sort).hasSize(100);
          List<String> joined = new ArrayList<>();
          Query query = Query.of("counter", 7).sortedBy(sort, down);
          Directory[] nodes = {directory, other};
          for (int page = 0; ; page++) {
            Page answer = nodes[page % 2].list(query);
            assertThat(answer.total()).isEqualTo(100);
            answer.rows().forEach(row -> joined.add(row.entity().id()));
            if (answer.next() == null) {
              break;
            }
            query = query.from(answer.next());
          }
          assertThat(joined).as("%s %s", sort, down).isEqualTo(whole);
        }
      }
    }
  }

  @Test
  void aCursorOfAnotherOrderOrOfNothingIsRefused() throws InterruptedException {
    fill();
    String cursor = directory.list(Query.of("counter", 1)).next();
    assertThatThrownBy(
            () -> directory.list(Query.of("counter", 1).sortedBy("name", false).from(cursor)))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("cursor-of-another-list");
    for (String nonsense : List.of("", "x", "!!!", "e30", "bnVsbA")) {
      assertThatThrownBy(() -> directory.list(Query.of("counter", 1).from(nonsense)))
          .isInstanceOf(ProblemException.class)
          .hasMessageContaining("cursor-malformed");
    }
  }

  @Test
  void valuesOfFieldsAreCountedOverAllThatMatches() throws InterruptedException {
    fill();
    Page page =
        directory.list(
            Query.of("counter", 1).counting(List.of("tags", "state", "even", "type", "nothing")));
    assertThat(page.facets().get("tags"))
        .containsExactly(Map.entry("red", 2L), Map.entry("green", 1L), Map.entry("old", 1L));
    assertThat(page.facets().get("state"))
        .containsOnly(Map.entry("idle", 2L), Map.entry("busy", 2L));
    assertThat(page.facets().get("even"))
        .containsOnly(Map.entry("false", 3L), Map.entry("true", 1L));
    assertThat(page.facets().get("type")).containsOnly(Map.entry("counter", 4L));
    assertThat(page.facets().get("nothing")).isEmpty();
  }

  @Test
  void theHighestVersionWinsWhateverOrderAndHoweverOftenItComes() {
    put("ash", 3, summary("three", 3));
    put("ash", 2, summary("two", 2));
    put("ash", 3, summary("three", 3));
    feed.add(ref("ash"), 4, new Counter.Event.Added(1), null); // its summary did not change
    shown("ash", 4);
    put("ash", 1, summary("one", 1));
    put("beech", 1, summary("last", 1));
    shown("beech", 1);
    Row row = directory.find(ref("ash")).orElseThrow();
    assertThat(row.version()).isEqualTo(4);
    assertThat(row.summary().path("name").asText()).isEqualTo("three");
  }

  @Test
  void aListWaitsForThePositionOfAWrite() throws InterruptedException {
    fill();
    Position position = Position.parse("counter/ash@2");
    Thread writer = Thread.ofVirtual().unstarted(() -> put("ash", 2, summary("Ash Tree", 4)));
    writer.start();
    Page page = directory.list(Query.of("counter", 10).including(position, Duration.ofSeconds(60)));
    assertThat(page.upToDate()).isTrue();
    assertThat(page.rows().getFirst().version()).isEqualTo(2);
    writer.join();
    assertThat(
            directory
                .list(
                    Query.of("counter", 10)
                        .including(Position.parse("counter/ash@3"), Duration.ofMillis(20)))
                .upToDate())
        .isFalse();
  }

  @Test
  void whileTheFeedIsAwayItSaysHowOldItMayBe() throws InterruptedException {
    fill();
    feed.away(true);
    until(() -> directory.lagMs() > 700);
    assertThat(directory.list(Query.of("counter", 10)).lagMs()).isGreaterThan(700);
    feed.away(false);
    until(() -> directory.lagMs() < 700);
  }

  @Test
  void afterARestartItGoesOnWhereItWas() {
    fill();
    directory.close();
    int reads = feed.reads();
    put("elm", 1, summary("Elm", 1));
    directory = Directory.open(feed, FEED, settings());
    shown("elm", 1);
    assertThat(directory.find(ref("ash"))).isPresent();
    assertThat(feed.reads()).isGreaterThan(reads);
  }

  @Test
  void anIndexThatIsMissingBrokenOrOfAnotherLayoutIsBuiltAnew() throws IOException {
    fill();
    directory.close();
    try (Stream<Path> files = Files.walk(path)) {
      for (Path file :
          files.filter(f -> f.getFileName().toString().startsWith("segments_")).toList()) {
        Files.write(file, "no index".getBytes(StandardCharsets.UTF_8));
      }
    }
    directory = Directory.open(feed, FEED, settings());
    shown("ash", 1);
    reopen();
    shown("ash", 1);
    directory.close();
    Files.writeString(path.resolve("current"), "nonsense");
    directory = Directory.open(feed, FEED, settings());
    shown("ash", 1);
    try (Stream<Path> files = Files.list(path)) {
      assertThat(files.filter(f -> f.getFileName().toString().startsWith("index-"))).hasSize(1);
    }
  }

  @Test
  void itServesWhileItIsBuiltAnew() throws Exception {
    fill();
    String cursor = directory.list(Query.of("counter", 2)).next();
    feed.away(true);
    directory.rebuild();
    assertThat(directory.rebuilding()).isTrue();
    assertThat(directory.list(Query.of("counter", 10)).total()).isEqualTo(4);
    feed.away(false);
    until(() -> !directory.rebuilding());
    assertThat(ids(Query.of("counter", 2).from(cursor))).containsExactly("cedar", "cedar-2");
    reopen();
    assertThat(directory.list(Query.of("counter", 10)).total()).isEqualTo(4);
  }

  @Test
  void aLimitOutOfRangeIsRefused() {
    for (int limit : new int[] {0, -1, 1_001}) {
      assertThatThrownBy(() -> Query.of("counter", limit))
          .isInstanceOf(ProblemException.class)
          .hasMessageContaining("limit-out-of-range");
    }
  }
}
