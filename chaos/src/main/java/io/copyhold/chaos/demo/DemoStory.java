package io.copyhold.chaos.demo;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.chaos.demo.DemoResult.Loaded;
import io.copyhold.chaos.demo.DemoResult.Onboarded;
import io.copyhold.chaos.demo.DemoResult.Proof;
import io.copyhold.chaos.installation.Api;
import io.copyhold.chaos.installation.Installation;
import io.copyhold.chaos.workload.Invoicing;
import io.copyhold.chaos.workload.Invoicing.Totals;
import io.copyhold.config.node.ChildState;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.ProblemException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The story in its chapters: start, onboard, load, roll out, kill, prove, look back. It speaks to
 * the server over HTTP alone, and to the databases as the tenants' applications do; only the proof
 * also reads the ledgers as the stores' administrator.
 */
@PortAdapter
final class DemoStory implements Closeable {
  /** Of each strategy: tenants that are written to during the rollout. */
  private static final int WRITTEN_TO = 2;

  private final Path data;
  private final DemoPlan plan;
  private final Voice voice;
  private @Nullable Installation installation;
  private boolean closed;

  DemoStory(Path data, DemoPlan plan, Voice voice) {
    this.data = data;
    this.plan = plan;
    this.voice = voice;
  }

  /** Tells it once; {@link #close} ends all processes, whatever came of it. */
  DemoResult tell() throws Exception {
    long begin = Waiting.now();
    voice.chapter(
        "Start a control database, two PostgreSQL servers as stores, and "
            + (plan.nodes() == 1 ? "a node" : plan.nodes() + " nodes"));
    Installation here = begin();
    try (Api api = here.open()) {
      Arrival arrival = new Arrival(api, plan, voice);
      arrival.awaitStores();
      Duration started = Waiting.since(begin);
      here.state()
          .children()
          .forEach(child ->
              voice.say(
                  "%-8s process %d, port %d".formatted(child.name(), child.pid(), child.port())));

      voice.chapter(
          "Onboard %d tenants: a database of their own, a schema of their own, or shared tables"
              .formatted(plan.tenants()));
      arrival.publish(1, 3);
      arrival.createPools();
      Onboarded onboarded = arrival.onboard();

      voice.chapter("Load their books through their own logins");
      List<Login> logins = arrival.logins();
      Map<String, Totals> expected = new TreeMap<>();
      Loaded loaded = arrival.load(logins, expected);

      voice.chapter(
          "Publish versions 4 and 5, roll them out in waves, and kill -9 "
              + (plan.nodes() == 1 ? "the node" : "one of the nodes")
              + " meanwhile");
      arrival.publish(4, 5);
      Instant before = Instant.now();
      try (Writers writers = new Writers(api, written(logins))) {
        List<Homes.Home> homes = Homes.of(logins, Arrival.pools());
        Release.Released released =
            new Release(api, here, homes.size(), voice).roll(logins.getFirst().tenant(), writers);
        writers.close();
        writers.require();

        voice.chapter("Prove it");
        Evidence evidence = new Evidence(api, here, logins, homes, expected);
        Proof proof = evidence.gather(writers, voice);

        voice.chapter("Look back at one tenant");
        lookBack(api, evidence, written(logins).getFirst().tenant(), before);
        return new DemoResult(
            plan.nodes(), started, onboarded, loaded, released.rolled(), released.outage(), proof);
      }
    }
  }

  private synchronized Installation begin() throws IOException {
    if (closed) {
      throw new ProblemException("interrupted", "The demo was ended.", "Start it again.");
    }
    Installation started = Installation.start(data, plan.nodes(), Map.of());
    installation = started;
    return started;
  }

  /** The first two of each strategy. */
  private static List<Login> written(List<Login> logins) {
    List<Login> chosen = new ArrayList<>();
    for (String strategy : DemoPlan.STRATEGIES) {
      logins.stream()
          .filter(login -> login.isolation().equals(strategy))
          .limit(WRITTEN_TO)
          .forEach(chosen::add);
    }
    return chosen;
  }

  private void lookBack(Api api, Evidence evidence, String tenant, Instant before)
      throws InterruptedException {
    List<JsonNode> events = evidence.history("tenant/" + tenant);
    int settings = 0;
    for (JsonNode event : events) {
      String name = event.path("name").asText();
      if (name.contains("configured")) {
        settings++;
        continue;
      }
      voice.say(
          "%s@%d  %s  %s  by %s"
              .formatted(
                  tenant,
                  event.path("version").asLong(),
                  event.path("at").asText(),
                  name,
                  event.path("principal").asText()));
    }
    voice.say("and %d times configured".formatted(settings));
    JsonNode then = api.get("/v1/tenants/" + tenant + "?at=" + before);
    JsonNode now = api.get("/v1/tenants/" + tenant);
    String was = then.path("state").path("home").path("version").asText();
    String is = now.path("state").path("home").path("version").asText();
    voice.say(
        "its state as of %s, before the rollout: @%d, schema version %s; now @%d, schema version %s"
            .formatted(
                before, then.path("version").asLong(), was, now.path("version").asLong(), is));
    Waiting.refuse(
        !was.equals(Invoicing.LOADABLE) || !is.equals(Evidence.target()),
        "The history of " + tenant + " does not show the rollout.");
  }

  /** As {@link #close}, without the patience for work that the node would bring to a good end. */
  synchronized void abandon() {
    if (installation != null) {
      for (ChildState node : installation.nodes()) {
        try {
          installation.kill(node.name());
        } catch (ProblemException e) {
          // it does not run now, so there is nothing to be patient with
        }
      }
    }
    close();
  }

  /** Ends the node and the databases; waits for a start that is under way. */
  @Override
  public synchronized void close() {
    closed = true;
    if (installation != null) {
      installation.close();
      installation = null;
    }
  }
}
