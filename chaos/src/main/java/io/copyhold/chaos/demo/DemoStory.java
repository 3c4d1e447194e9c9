package io.copyhold.chaos.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.chaos.demo.DemoPlan.Guest;
import io.copyhold.chaos.demo.DemoResult.Loaded;
import io.copyhold.chaos.demo.DemoResult.Onboarded;
import io.copyhold.chaos.demo.DemoResult.Outage;
import io.copyhold.chaos.demo.DemoResult.Proof;
import io.copyhold.chaos.demo.DemoResult.Rolled;
import io.copyhold.chaos.installation.Api;
import io.copyhold.chaos.installation.Installation;
import io.copyhold.chaos.installation.Together;
import io.copyhold.chaos.workload.Invoicing;
import io.copyhold.chaos.workload.Invoicing.Totals;
import io.copyhold.config.node.ChildState;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.journal.Mappers;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The story in its chapters: start, onboard, load, roll out, kill, prove, look back. It speaks to
 * the server over HTTP alone, and to the databases as the tenants' applications do; only the proof
 * also reads the ledgers as the stores' administrator.
 */
@PortAdapter
final class DemoStory implements Closeable {
  private static final String ROLLOUT = "spring-release";
  private static final String REGION = "local";
  private static final String TIER = "standard";

  /** Requests of one kind at the same time. */
  private static final int AT_ONCE = 8;

  private static final int LOADERS = 4;

  /** Homes of one store that migrate at the same time. */
  private static final int PER_STORE = 4;

  /** Of each strategy: tenants that are written to during the rollout. */
  private static final int WRITTEN_TO = 2;

  private static final int SOAK_SECONDS = 1;

  /** The kill comes between these shares of homes that have the new version. */
  private static final double KILL_FROM = 0.25;

  private static final double KILL_LATEST = 0.5;

  /** And, before the later one, while so many homes are on their way. */
  private static final int KILL_RUNNING = 3;

  private static final String COUNTED = "&limit=1&facet=schemaVersion&facet=migratingTo";

  private static final Duration LOOK = Duration.ofMillis(50);

  /** Sixty tenants take some fifteen seconds on two cores. */
  private static final Duration CHAPTER_LIMIT = Duration.ofMinutes(5);

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
    long begin = System.nanoTime();
    voice.chapter("Start a control database, two PostgreSQL servers as stores, and a node");
    Installation here = begin();
    try (Api api = here.open()) {
      awaitStores(api);
      Duration started = since(begin);
      here.state()
          .children()
          .forEach(child ->
              voice.say(
                  "%-8s process %d, port %d".formatted(child.name(), child.pid(), child.port())));

      voice.chapter(
          "Onboard %d tenants: a database of their own, a schema of their own, or shared tables"
              .formatted(plan.tenants()));
      publish(api, 1, 3);
      createPools(api);
      Onboarded onboarded = onboard(api);

      voice.chapter("Load their books through their own logins");
      List<Login> logins = logins(api);
      Map<String, Totals> expected = new TreeMap<>();
      Loaded loaded = load(logins, expected);

      voice.chapter(
          "Publish versions 4 and 5, roll them out in waves, and kill -9 the node meanwhile");
      publish(api, 4, 5);
      Instant before = Instant.now();
      try (Writers writers = new Writers(api, written(logins))) {
        List<Homes.Home> homes = Homes.of(logins, pools());
        Released released = roll(api, here, homes.size(), logins.getFirst().tenant(), writers);
        writers.close();
        writers.require();

        voice.chapter("Prove it");
        Evidence evidence = new Evidence(api, here, logins, homes, expected);
        Proof proof = evidence.gather(writers, voice);

        voice.chapter("Look back at one tenant");
        lookBack(api, evidence, written(logins).getFirst().tenant(), before);
        return new DemoResult(
            started, onboarded, loaded, released.rolled(), released.outage(), proof);
      }
    }
  }

  private synchronized Installation begin() throws IOException {
    if (closed) {
      throw new ProblemException("interrupted", "The demo was ended.", "Start it again.");
    }
    Installation started = Installation.start(data);
    installation = started;
    return started;
  }

  private void awaitStores(Api api) throws InterruptedException {
    for (String store : Installation.STORES) {
      await(
          "store " + store,
          () -> {
            String state = api.state("/v1/stores/" + store);
            refuse(state.equals("unusable"), "Store " + store + " is unusable.");
            return state.equals("ready");
          });
    }
  }

  private void publish(Api api, int from, int to) throws InterruptedException {
    ObjectNode body = Mappers.JSON.createObjectNode().put("poolable", true);
    ArrayNode scripts = body.putArray("scripts");
    List<String> files = new ArrayList<>();
    for (Invoicing.Version version : Invoicing.versions().subList(from - 1, to)) {
      scripts.addObject().put("file", version.file()).put("content", version.sql());
      files.add(version.file());
    }
    api.change(
        "POST", "/v1/changelogs/" + Invoicing.CHANGELOG + "/versions", body, "demo-publish-" + to);
    voice.say("changelog " + Invoicing.CHANGELOG + ": " + String.join(", ", files));
  }

  private void createPools(Api api) throws InterruptedException {
    for (String store : Installation.STORES) {
      String pool = pool(store);
      ObjectNode body =
          Mappers.JSON
              .createObjectNode()
              .put("store", store)
              .put("changelog", Invoicing.CHANGELOG)
              .put("membersMax", plan.tenants());
      api.change("PUT", "/v1/pools/" + pool, body, "demo-" + pool);
    }
    for (String store : Installation.STORES) {
      String pool = pool(store);
      await(
          "pool " + pool,
          () -> {
            String state = api.state("/v1/pools/" + pool);
            refuse(state.equals("create-failed"), "Pool " + pool + " could not be made.");
            return state.equals("open");
          });
    }
    voice.say("a pool of shared tables in each store, behind row-level security");
  }

  private static String pool(String store) {
    return "pool-" + store.substring(store.indexOf('-') + 1);
  }

  private static Map<String, String> pools() {
    Map<String, String> pools = new TreeMap<>();
    Installation.STORES.forEach(store -> pools.put(store, pool(store)));
    return pools;
  }

  private Onboarded onboard(Api api) throws Exception {
    long begin = System.nanoTime();
    Together.each(plan.guests(), AT_ONCE, guest -> onboard(api, guest));
    await(
        "the last tenant",
        () -> {
          JsonNode states = api.get("/v1/tenants?limit=1&facet=state").path("facets").path("state");
          long active = states.path("active").asLong();
          if (states.path("provisioning-failed").asLong() > 0) {
            throw notProvisioned(api);
          }
          voice.progress("%d of %d tenants active".formatted(active, plan.tenants()));
          return active == plan.tenants();
        });
    Duration took = since(begin);
    voice.say(
        "%d tenants active after %s: %.1f per second"
            .formatted(plan.tenants(), seconds(took), plan.tenants() / (took.toMillis() / 1e3)));
    return new Onboarded(plan.tenants(), took);
  }

  private static ProblemException notProvisioned(Api api) throws InterruptedException {
    String tenant =
        api.get("/v1/tenants?limit=1&filter=state:provisioning-failed")
            .path("items")
            .path(0)
            .path("id")
            .asText();
    JsonNode problem = api.get("/v1/tenants/" + tenant).path("state").path("problem");
    return new ProblemException(
        "not-provisioned",
        "Tenant "
            + tenant
            + " could not be provisioned: "
            + problem.path("what").asText()
            + " ("
            + problem.path("where").asText()
            + ")",
        problem.path("todo").asText());
  }

  private static JsonNode onboard(Api api, Guest guest) throws InterruptedException {
    ObjectNode body =
        Mappers.JSON
            .createObjectNode()
            .put("name", guest.name())
            .put("plan", "pro")
            .put("region", REGION)
            .put("tier", TIER)
            .put("isolation", guest.strategy())
            .put("changelog", Invoicing.CHANGELOG);
    body.putArray("tags").add("demo");
    return api.change("PUT", "/v1/tenants/" + guest.id(), body, "demo-onboard-" + guest.id());
  }

  private List<Login> logins(Api api) throws Exception {
    return Together.each(
        plan.guests(),
        AT_ONCE,
        guest ->
            Login.of(
                api.summary("/v1/tenants?limit=1&filter=id:" + guest.id()),
                api.get("/v1/tenants/" + guest.id() + "/connection")));
  }

  /** The expectation is made of the seed alone, and what was loaded is read back at once. */
  private Loaded load(List<Login> logins, Map<String, Totals> expected) throws Exception {
    Map<String, Long> seeds = new LinkedHashMap<>();
    plan.guests().forEach(guest -> seeds.put(guest.id(), guest.seed()));
    for (Login login : logins) {
      expected.put(
          login.tenant(), Invoicing.expected(seeds.getOrDefault(login.tenant(), 0L), plan.size()));
    }
    long begin = System.nanoTime();
    List<Totals> loaded =
        Together.each(
            logins,
            LOADERS,
            login -> {
              try (Connection c = login.connect()) {
                return Invoicing.load(c, seeds.getOrDefault(login.tenant(), 0L), plan.size());
              }
            });
    Duration took = since(begin);
    Totals sum = loaded.stream().reduce(Totals.none(), Totals::plus);
    voice.say(
        "%,d rows in %s: %,d invoices over %s, %s of them paid"
            .formatted(
                sum.rows(),
                seconds(took),
                sum.invoices(),
                money(sum.billedCents()),
                money(sum.paidCents())));
    return new Loaded(sum, took);
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

  private record Released(Rolled rolled, Outage outage) {}

  private Released roll(Api api, Installation here, int homes, String tenant, Writers writers)
      throws Exception {
    try (Prober prober = new Prober(api, "/v1/tenants/" + tenant)) {
      long begin = System.nanoTime();
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
      Front front = awaitTheMiddle(api, homes);
      Duration quiet = prober.begin();
      long killed = System.nanoTime();
      ChildState node = here.kill();
      long dead = System.nanoTime();
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
            progress(front(api), homes);
            return ended(api);
          });
      Duration took = since(begin);
      Duration sinceKill = since(killed);
      writers.require();
      voice.say(
          "the rollout ended by itself %s after the kill, %s in all"
              .formatted(seconds(sinceKill), seconds(took)));
      return new Released(
          new Rolled(homes, homes * 2, front.done(), front.running(), took, sinceKill),
          new Outage(node.pid(), restarted, prober.longest(), quiet));
    }
  }

  /** Within the second wave, and while homes migrate; of very few homes it may be just after it. */
  private Front awaitTheMiddle(Api api, int homes) throws InterruptedException {
    AtomicReference<Front> seen = new AtomicReference<>(new Front(0, 0));
    await(
        "the moment to kill",
        () -> {
          Front front = front(api);
          seen.set(front);
          progress(front, homes);
          refuse(ended(api), "The rollout ended before it could be disturbed.");
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

  private static Front front(Api api) throws InterruptedException {
    JsonNode tenants = api.get("/v1/tenants?filter=isolation:database,schema" + COUNTED);
    JsonNode pools = api.get("/v1/pools?filter=changelog:" + Invoicing.CHANGELOG + COUNTED);
    return new Front(
        at(tenants, "schemaVersion") + at(pools, "schemaVersion"),
        at(tenants, "migratingTo") + at(pools, "migratingTo"));
  }

  private static int at(JsonNode list, String field) {
    return list.path("facets").path(field).path(Evidence.target()).asInt();
  }

  private void progress(Front front, int homes) {
    voice.progress(
        "%d of %d homes at version %s".formatted(front.done(), homes, Evidence.target()));
  }

  private static boolean ended(Api api) throws InterruptedException {
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
    refuse(
        !was.equals(Invoicing.LOADABLE) || !is.equals(Evidence.target()),
        "The history of " + tenant + " does not show the rollout.");
  }

  private interface Condition {
    boolean holds() throws InterruptedException;
  }

  private static void await(String what, Condition condition) throws InterruptedException {
    long end = System.nanoTime() + CHAPTER_LIMIT.toNanos();
    while (!condition.holds()) {
      if (System.nanoTime() - end > 0) {
        throw new ProblemException(
            "took-too-long",
            "Waited " + CHAPTER_LIMIT.toMinutes() + " minutes for " + what + ".",
            "Read the logs.");
      }
      Thread.sleep(LOOK);
    }
  }

  private static void refuse(boolean bad, String what) {
    if (bad) {
      throw new ProblemException("not-as-expected", what, "Read the node's log.");
    }
  }

  private static Duration since(long begin) {
    return Duration.ofNanos(System.nanoTime() - begin);
  }

  static String seconds(Duration duration) {
    return String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1e3);
  }

  static String money(long cents) {
    return String.format(Locale.ROOT, "%,d.%02d", cents / 100, cents % 100);
  }

  /** As {@link #close}, without the patience for work that the node would bring to a good end. */
  synchronized void abandon() {
    if (installation != null) {
      try {
        installation.kill();
      } catch (ProblemException e) {
        // it does not run now, so there is nothing to be patient with
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
