package io.copyhold.chaos.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every operation with a crash before each of its events: the event's cause and its effects have
 * happened, the event is lost with the node. A new node then ends the operation by itself, and
 * everything is as after a run without a crash.
 *
 * <p>The journal holds the event that marks the point; so one crash serves one tenant per point.
 * {@code -Dcopyhold.crash.all=true} takes every point of every operation, {@code
 * -Dcopyhold.crash.stories=REGEX} chooses among them.
 */
class CrashTest {
  private static final boolean ALL = Boolean.getBoolean("copyhold.crash.all");
  private static final String STORIES = System.getProperty("copyhold.crash.stories", ".*");

  /** An operation's first events are stored with its owner's: until then its caller waits. */
  private static final long WITH_OWNER = 2;

  /** Of each operation, at the same time. */
  private static final int CROWD = 2;

  /** Together they journal some 700 events. */
  private static final List<Long> CRASHES_AFTER = List.of(150L, 250L, 350L, 450L);

  private static Site site;

  @BeforeAll
  static void start() throws Exception {
    site = new Site();
  }

  @AfterAll
  static void stop() throws Exception {
    site.close();
  }

  static List<Story> stories() {
    return Story.all().stream().filter(story -> story.name().matches(STORIES)).toList();
  }

  @ParameterizedTest
  @MethodSource("stories")
  void aCrashAtAnyPointChangesNothing(Story story) throws Exception {
    String clean = Site.fresh();
    story.prepare().on(site, clean);
    story.begin().on(site, clean);
    awaitEnd(story, clean);
    List<String> expected = Footprint.of(site, story.path(clean), story.operation(), clean);
    long events = site.events(story.journaled(clean));
    long settled = site.events(story.owner(clean));

    Map<String, Long> points = new LinkedHashMap<>();
    for (long event : points(story, events)) {
      String id = Site.fresh();
      story.prepare().on(site, id);
      points.put(id, event);
    }
    for (var point : points.entrySet()) {
      String id = point.getKey();
      if (point.getValue() <= events) {
        site.held().hold(story.journaled(id), point.getValue());
      } else {
        site.held().hold(story.owner(id), settled);
      }
    }
    Set<String> answered = ConcurrentHashMap.newKeySet();
    ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor();
    for (String id : points.keySet()) {
      callers.submit(() -> {
        story.begin().on(site, id);
        return answered.add(id);
      });
    }
    long early = points.values().stream().filter(event -> event <= WITH_OWNER).count();
    Rest.until(
        story + ": every point is reached",
        () -> site.held().held() + ended(story, points, settled) >= points.size());
    int held = site.held().held();
    assertThat(held).as("points that were reached").isGreaterThan(points.size() / 2);
    Rest.until("all others are answered", () -> answered.size() >= points.size() - early);

    callers.shutdownNow();
    site.crash();
    site.restart();
    for (String id : points.keySet()) {
      if (!answered.contains(id)) { // as a caller does who heard nothing
        story.begin().on(site, id);
      }
    }

    for (var point : points.entrySet()) {
      String id = point.getKey();
      awaitEnd(story, id);
      assertThat(Footprint.of(site, story.path(id), story.operation(), id))
          .as("%s, crashed before event %d of %d", story, point.getValue(), events)
          .isEqualTo(expected);
    }
  }

  /**
   * The crash comes wherever everybody is at that moment, effects under way included; and again
   * during the recovery.
   */
  @Test
  void crashesInTheMiddleOfManyOperationsChangeNothing() throws Exception {
    List<Story> stories = Story.all();
    Map<Story, List<String>> expected = new LinkedHashMap<>();
    Map<String, Story> cast = new LinkedHashMap<>();
    for (Story story : stories) {
      String clean = Site.fresh();
      story.prepare().on(site, clean);
      story.begin().on(site, clean);
      awaitEnd(story, clean);
      expected.put(story, Footprint.of(site, story.path(clean), story.operation(), clean));
      for (int i = 0; i < CROWD; i++) {
        String id = Site.fresh();
        story.prepare().on(site, id);
        cast.put(id, story);
      }
    }
    long before = site.journaled();
    for (var entry : cast.entrySet()) {
      entry.getValue().begin().on(site, entry.getKey());
    }
    for (long more : CRASHES_AFTER) {
      Rest.until("events are journaled", () -> site.journaled() >= before + more);
      site.crash();
      site.restart();
    }
    for (var entry : cast.entrySet()) {
      String id = entry.getKey();
      Story story = entry.getValue();
      awaitEnd(story, id);
      assertThat(Footprint.of(site, story.path(id), story.operation(), id))
          .as("%s of %s", story, id)
          .isEqualTo(expected.get(story));
    }
  }

  /** All of them, or the first, the last and some between. */
  private static List<Long> points(Story story, long events) {
    List<Long> points = new ArrayList<>();
    boolean each = ALL || story.name().equals("provision-schema");
    long stride = each ? 1 : Math.max(1, events / 3);
    for (long event = 1 + Math.floorMod(story.name().hashCode(), stride);
        event <= events;
        event += stride) {
      points.add(event);
    }
    points.add(events + 1);
    return points;
  }

  /** Those that came to their end without meeting their point; the journal knows. */
  private static long ended(Story story, Map<String, Long> points, long settled) throws Exception {
    long ended = 0;
    for (String id : points.keySet()) {
      if (site.events(story.owner(id)) >= settled) {
        ended++;
      }
    }
    return ended;
  }

  private static void awaitEnd(Story story, String id) throws Exception {
    Rest.until(
        story + " " + id + " ends", () -> story.settled().test(site.rest().state(story.path(id))));
  }
}
