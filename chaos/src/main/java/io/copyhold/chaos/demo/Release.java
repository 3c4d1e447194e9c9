package io.copyhold.chaos.demo;

import static io.copyhold.chaos.demo.Waiting.await;
import static io.copyhold.chaos.demo.Waiting.now;
import static io.copyhold.chaos.demo.Waiting.refuse;
import static io.copyhold.chaos.demo.Waiting.seconds;
import static io.copyhold.chaos.demo.Waiting.since;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.chaos.demo.DemoResult.Outage;
import io.copyhold.chaos.demo.DemoResult.Rolled;
import io.copyhold.chaos.installation.Api;
import io.copyhold.chaos.installation.Installation;
import io.copyhold.chaos.workload.Invoicing;
import io.copyhold.config.node.ChildState;
import io.copyhold.runtime.journal.Mappers;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;

/** The rollout and the kill -9 in the middle of it. */
final class Release {
  private static final String ROLLOUT = "spring-release";

  /** Homes of one store that migrate at the same time. */
  private static final int PER_STORE = 4;

  private static final int SOAK_SECONDS = 1;

  /** The kill comes between these shares of homes that have the new version. */
  private static final double KILL_FROM = 0.25;

  private static final double KILL_LATEST = 0.5;

  /** And, before the later one, while so many homes are on their way. */
  private static final int KILL_RUNNING = 3;

  private static final String COUNTED = "&limit=1&facet=schemaVersion&facet=migratingTo";

  private final Api api;
  private final Installation here;
  private final int homes;
  private final Voice voice;

  /**
   * @param homes that the rollout is for
   */
  Release(Api api, Installation here, int homes, Voice voice) {
    this.api = api;
    this.here = here;
    this.homes = homes;
    this.voice = voice;
  }

  /** What the release was like, and what the kill did to it. */
  record Released(Rolled rolled, Outage outage) {}

  /**
   * Begins the rollout, kills the node in the middle of it, and waits for its end.
   *
   * @param probed a tenant that is asked for all the while
   */
  Released roll(String probed, Writers writers) throws Exception {
    try (Prober prober = new Prober(api, "/v1/tenants/" + probed)) {
      long begin = now();
      ObjectNode body =
          Mappers.JSON
              .createObjectNode()
              .put("changelog", Invoicing.CHANGELOG)
              .put("version", Evidence.target())
              .put("perStore", PER_STORE)
              .put("soakSeconds", SOAK_SECONDS);
      body.putArray("waves").add("10%").add("50%");
      api.change("PUT", "/v1/rollouts/" + ROLLOUT, body, "demo-" + ROLLOUT);
      voice.say(
          "rollout %s: %d homes, in waves up to 10%%, 50%%, all, with a second's soak between them"
              .formatted(ROLLOUT, homes));
      Front front = awaitTheMiddle();
      Duration quiet = prober.begin();
      long killed = now();
      ChildState node = here.kill();
      long dead = now();
      voice.say(
          "kill -9 of process %d, with %d of %d homes at version %s and %d on their way"
              .formatted(node.pid(), front.done(), homes, Evidence.target(), front.running()));
      await(
          "a new process",
          () -> {
            ChildState now = here.node();
            return now.pid() != node.pid() && now.phase() == ChildState.Phase.RUNNING;
          });
      Duration restarted = since(killed);
      voice.say(
          "the supervisor had process %d running after %s"
              .formatted(here.node().pid(), seconds(restarted)));
      await("an answer", () -> prober.lastAnswer() - dead > 0);
      Duration silent = prober.longest();
      voice.say("the API answered again, after %s without an answer".formatted(seconds(silent)));
      await(
          "the end of the rollout",
          () -> {
            progress(front());
            return ended();
          });
      Duration took = since(begin);
      Duration sinceKill = since(killed);
      writers.require();
      voice.say(
          "the rollout ended by itself %s after the kill, %s in all"
              .formatted(seconds(sinceKill), seconds(took)));
      return new Released(
          new Rolled(homes, front.done(), front.running(), took, sinceKill),
          new Outage(node.pid(), restarted, prober.longest(), quiet));
    }
  }

  /** Within the second wave, and while homes migrate; of very few homes it may be just after it. */
  private Front awaitTheMiddle() throws InterruptedException {
    AtomicReference<Front> seen = new AtomicReference<>(new Front(0, 0));
    await(
        "the moment to kill",
        () -> {
          Front front = front();
          seen.set(front);
          progress(front);
          refuse(ended(), "The rollout ended before it could be disturbed.");
          return front.done() >= homes * KILL_FROM && front.running() >= KILL_RUNNING
              || front.done() >= homes * KILL_LATEST;
        });
    return seen.get();
  }

  /**
   * How far the rollout is, as the directory knows it.
   *
   * @param done homes that have the target version
   * @param running homes on their way to it
   */
  private record Front(int done, int running) {}

  private Front front() throws InterruptedException {
    JsonNode tenants = api.get("/v1/tenants?filter=isolation:database,schema" + COUNTED);
    JsonNode pools = api.get("/v1/pools?filter=changelog:" + Invoicing.CHANGELOG + COUNTED);
    return new Front(
        at(tenants, "schemaVersion") + at(pools, "schemaVersion"),
        at(tenants, "migratingTo") + at(pools, "migratingTo"));
  }

  private static int at(JsonNode list, String field) {
    return list.path("facets").path(field).path(Evidence.target()).asInt();
  }

  private void progress(Front front) {
    voice.progress(
        "%d of %d homes at version %s".formatted(front.done(), homes, Evidence.target()));
  }

  private boolean ended() throws InterruptedException {
    JsonNode state = api.get("/v1/rollouts/" + ROLLOUT).path("state");
    JsonNode phase = state.path("phase");
    return switch (phase.path("kind").asText()) {
      case "Running" -> false;
      case "Ended" -> {
        refuse(
            phase.path("result").path("failed").asLong() > 0,
            "Some homes could not be migrated: " + phase.path("result"));
        yield true;
      }
      default -> {
        refuse(true, "The rollout did not end well: " + phase);
        yield false;
      }
    };
  }
}
