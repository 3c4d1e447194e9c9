package io.copyhold.chaos.crash;

import static io.copyhold.chaos.crash.Rest.map;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.config.node.ChildState;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** kill -9 of real processes: the node in each kind of operation, a store, the control database. */
class KillTest {
  private static final int EACH = 3;
  private static final int SENDERS = 4;
  private static RealSite site;

  @BeforeAll
  static void start() throws Exception {
    site = new RealSite(Map.of());
  }

  @AfterAll
  static void stop() {
    site.close();
  }

  /** One that is left alone, and others that are killed on their way, of each strategy. */
  private record Cast(Story story, String clean, List<String> killed) {
    static Cast of(Story story) throws Exception {
      String clean = Site.fresh();
      story.prepare().on(site, clean);
      story.begin().on(site, clean);
      awaitEnd(story, clean);
      List<String> killed = new ArrayList<>();
      for (int i = 0; i < EACH; i++) {
        String id = Site.fresh();
        story.prepare().on(site, id);
        killed.add(id);
      }
      return new Cast(story, clean, killed);
    }

    void begin() throws Exception {
      for (String id : killed) {
        story.begin().on(site, id);
      }
    }

    void requireTheSame() throws Exception {
      List<String> expected = footprint(clean);
      for (String id : killed) {
        awaitEnd(story, id);
        assertThat(footprint(id)).as("%s of %s", story, id).isEqualTo(expected);
      }
    }

    private List<String> footprint(String id) throws Exception {
      return Footprint.of(site, story.path(id), story.operation(), id);
    }

    private static void awaitEnd(Story story, String id) throws Exception {
      Rest.until(
          story + " " + id + " ends",
          () -> story.settled().test(site.rest().state(story.path(id))));
    }
  }

  private static List<Cast> cast(Story... stories) throws Exception {
    List<Cast> casts = new ArrayList<>();
    for (Story story : stories) {
      casts.add(Cast.of(story));
    }
    return casts;
  }

  /** Kills when an operation of the last cast has that many steps behind it, and waits. */
  private static void killMidway(List<Cast> casts, int steps, String process) throws Exception {
    for (Cast cast : casts) {
      cast.begin();
    }
    Cast last = casts.getLast();
    String operation =
        "/v1/operations/"
            + last.story().owner(last.killed().getLast()).replace('|', '/')
            + "/"
            + last.story().operation();
    Rest.until(
        operation + " is under way",
        () -> {
          JsonNode state = site.rest().state(operation);
          return state.path("current").asInt() >= steps
              || state.path("kind").asText().equals("Ended");
        });
    site.awaitBack(site.kill(process));
    for (Cast cast : casts) {
      cast.requireTheSame();
    }
  }

  @Test
  void provisioningSurvivesTheNode() throws Exception {
    killMidway(
        cast(Story.provision("pool"), Story.provision("database"), Story.provision("schema")),
        2,
        RealSite.NODE);
  }

  @Test
  void offboardingSurvivesTheNode() throws Exception {
    killMidway(
        cast(Story.offboard("pool"), Story.offboard("schema"), Story.offboard("database")),
        0,
        RealSite.NODE);
  }

  @Test
  void aRolloutAndItsMigrationsSurviveTheNode() throws Exception {
    killMidway(
        cast(Story.poolMigrate(), Story.migrate("database"), Story.rollout()), 1, RealSite.NODE);
  }

  @Test
  void provisioningSurvivesItsStore() throws Exception {
    killMidway(
        cast(Story.provision("pool"), Story.provision("database"), Story.provision("schema")),
        2,
        Installed.STORE);
  }

  /** What was acknowledged is there, and what was not is told to come again. */
  @Test
  void whileTheControlDatabaseIsAwayNothingAcknowledgedIsLost() throws Exception {
    String tenant = Site.fresh();
    Story story = Story.provision("schema");
    story.begin().on(site, tenant);
    site.rest().await("/v1/tenants/" + tenant, "Live");
    Set<String> acknowledged = ConcurrentHashMap.newKeySet();
    ConcurrentLinkedQueue<Rest.Said> refused = new ConcurrentLinkedQueue<>();
    AtomicBoolean stop = new AtomicBoolean();
    AtomicInteger number = new AtomicInteger();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> senders = new ArrayList<>();
      for (int i = 0; i < SENDERS; i++) {
        String key = "x-counter-" + i;
        senders.add(
            threads.submit(() -> {
              while (!stop.get()) {
                String value = Integer.toString(number.incrementAndGet());
                try {
                  Rest.Said said =
                      site.rest()
                          .send(
                              "PATCH",
                              "/v1/tenants/" + tenant + "/settings",
                              map("set", map(key, value)));
                  if (said.status() / 100 == 2) {
                    acknowledged.add(key + "=" + value);
                  } else {
                    refused.add(said);
                  }
                } catch (IOException e) {
                  // no answer: nothing was acknowledged
                }
              }
              return null;
            }));
      }
      try {
        Rest.until("some are acknowledged", () -> acknowledged.size() > 20);
        ChildState killed = site.kill(RealSite.CONTROL);
        Rest.until("some are told to wait", () -> !refused.isEmpty());
        site.awaitBack(killed);
        int then = acknowledged.size();
        Rest.until("some are acknowledged again", () -> acknowledged.size() > then + 20);
      } finally {
        stop.set(true);
      }
      for (Future<?> sender : senders) {
        sender.get();
      }
    }
    assertThat(refused)
        .allSatisfy(said -> {
          assertThat(said.status()).isEqualTo(503);
          assertThat(said.headers().firstValue("Retry-After")).isPresent();
          assertThat(said.body().path("detail").asText()).isNotEmpty();
        });
    Set<String> journaled = new HashSet<>();
    long from = 1;
    while (from > 0) {
      JsonNode page = site.rest().get("/v1/tenants/" + tenant + "/history?limit=1000&from=" + from);
      for (JsonNode event : page.path("events")) {
        event
            .path("event")
            .path("settings")
            .properties()
            .forEach(
                setting -> journaled.add(setting.getKey() + "=" + setting.getValue().asText()));
      }
      from = page.path("next").asLong();
    }
    assertThat(journaled).containsAll(acknowledged);
  }
}
