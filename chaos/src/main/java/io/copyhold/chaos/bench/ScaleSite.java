package io.copyhold.chaos.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.chaos.installation.Api;
import io.copyhold.chaos.installation.Installation;
import io.copyhold.chaos.installation.Together;
import io.copyhold.config.node.ChildState;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.journal.Mappers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A running installation whose nodes are asked things, and looked at meanwhile. */
@PortAdapter
final class ScaleSite implements AutoCloseable {
  /** Requests under way at once; more only wait longer on two cores. */
  private static final int AT_ONCE = 16;

  private static final String FIRST = "node-1";
  private static final String SETTING = "x-scale";
  private static final Duration LOOK = Duration.ofMillis(50);
  private static final Duration BACK_LIMIT = Duration.ofMinutes(4);
  private static final Pattern UPTIME =
      Pattern.compile("^jvm_uptime_seconds ([0-9.E+-]+)$", Pattern.MULTILINE);
  private static final Pattern LIVE =
      Pattern.compile(
          "^copyhold_entities_live\\{entity=\"tenant\"} ([0-9.E+-]+)$", Pattern.MULTILINE);

  private final Installation here;
  private final Path data;
  private final List<Api> apis;

  /** What requests cost: the processes of nodes and databases, without the clients. */
  record Cost(int requests, Machine.Used used, Latencies latencies) {
    double cpuMs() {
      return used.othersCpuMillisPer(requests);
    }

    double clientsCpuMs() {
      return used.cpuMillisPer(requests) - cpuMs();
    }

    double perSecond() {
      return used.perSecond(requests);
    }
  }

  /** One request; the index says which. */
  private interface Asking {
    void ask(Api api, int index) throws InterruptedException;
  }

  ScaleSite(Installation here, Path data) throws IOException {
    this.here = here;
    this.data = data;
    String token = here.operatorToken();
    this.apis = here.nodes().stream().map(node -> new Api(here.url(node), token)).toList();
  }

  /** Waits until the directory of the node that is asked lists so many active tenants. */
  static void awaitListed(Api api, int tenants, Duration limit) throws InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    while (true) {
      long listed = api.get("/v1/tenants?limit=1&filter=state:active").path("total").asLong();
      if (listed == tenants) {
        return;
      }
      if (System.nanoTime() - end > 0) {
        throw new ProblemException(
            "directory-behind",
            "The directory lists " + listed + " active tenants and not " + tenants + ".",
            "See the node's log.");
      }
      Thread.sleep(LOOK);
    }
  }

  void awaitListed(int tenants, Duration limit) throws InterruptedException {
    for (Api api : apis) {
      awaitListed(api, tenants, limit);
    }
  }

  /** Seconds since the first node's process began. */
  double uptime() throws IOException, InterruptedException {
    return number(UPTIME);
  }

  /** Kills the first node, and waits for its successor to be ready. */
  void restart() throws InterruptedException {
    ChildState was = here.kill(FIRST);
    long end = System.nanoTime() + BACK_LIMIT.toNanos();
    while (true) {
      ChildState now = here.node(FIRST);
      if (now.pid() != was.pid()
          && now.phase() == ChildState.Phase.RUNNING
          && apis.getFirst().answers("/health/ready", Duration.ofSeconds(2))) {
        return;
      }
      if (System.nanoTime() - end > 0) {
        throw new ProblemException(
            "node-not-back",
            FIRST + " did not come back within " + BACK_LIMIT + ".",
            "Read its log in " + here.logs() + ".");
      }
      Thread.sleep(LOOK);
    }
  }

  /** Changes a setting {@code count} times, going round the tenants. */
  Cost changes(String round, List<String> tenants, int count) throws Exception {
    return ask(
        count,
        (api, i) -> {
          ObjectNode body = Mappers.JSON.createObjectNode();
          body.putObject("set").put(SETTING, round + "." + i);
          JsonNode answer =
              api.change(
                  "PATCH",
                  "/v1/tenants/" + tenants.get(i % tenants.size()) + "/settings",
                  body,
                  "scale-" + round + "-" + i);
          if (answer.path("version").asLong() < 1) {
            throw new IllegalStateException("not a change: " + answer);
          }
        });
  }

  /** Reads each once, which brings it into memory. */
  Cost reads(List<String> tenants) throws Exception {
    return ask(
        tenants.size(),
        (api, i) -> {
          JsonNode answer = api.get("/v1/tenants/" + tenants.get(i));
          if (!answer.path("id").asText().equals(tenants.get(i))) {
            throw new IllegalStateException("another tenant than " + tenants.get(i));
          }
        });
  }

  private Cost ask(int count, Asking asking) throws Exception {
    Latencies latencies = new Latencies();
    Machine.Moment begin = now();
    Together.each(
        IntStream.range(0, count).boxed().toList(),
        AT_ONCE,
        i -> {
          long asked = System.nanoTime();
          asking.ask(apis.get(i % apis.size()), i);
          latencies.record(System.nanoTime() - asked);
          return true;
        });
    return new Cost(count, Machine.between(begin, now()), latencies);
  }

  /** CPU-ms per second of nodes and databases while nobody asks for anything. */
  double idle(Duration window) throws InterruptedException {
    Machine.Moment begin = now();
    Thread.sleep(window);
    Machine.Used used = Machine.between(begin, now());
    return used.othersCpu().toNanos() / 1e6 / (used.wall().toNanos() / 1e9);
  }

  private Machine.Moment now() {
    return Machine.now(
        here.state().children().stream().mapToLong(ChildState::pid).filter(p -> p > 0).toArray());
  }

  /** Tenants in the first node's memory. */
  long live() throws IOException, InterruptedException {
    return Math.round(number(LIVE));
  }

  /** Waits until no more than so many tenants are in the first node's memory. */
  long awaitPassivated(long most, Duration limit) throws IOException, InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    long live = live();
    while (live > most) {
      if (System.nanoTime() - end > 0) {
        throw new ProblemException(
            "not-passivated",
            live + " tenants are still in memory after " + limit + ".",
            "See the node's log.");
      }
      Thread.sleep(500);
      live = live();
    }
    return live;
  }

  /** Bytes of the first node's heap that are alive. */
  long heap() throws IOException, InterruptedException {
    return LiveHeap.bytes(here.node(FIRST).pid());
  }

  /** Bytes of the first node's directory. */
  long directoryBytes() throws IOException {
    try (Stream<Path> files = Files.walk(data.resolve("index").resolve(FIRST))) {
      return files.filter(Files::isRegularFile).mapToLong(ScaleSite::size).sum();
    }
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (java.nio.file.NoSuchFileException e) {
      return 0; // merged away this moment
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private double number(Pattern pattern) throws IOException, InterruptedException {
    Matcher found = pattern.matcher(apis.getFirst().text("/metrics"));
    return found.find() ? Double.parseDouble(found.group(1)) : 0;
  }

  /** Ids of the tenants from one number to another. */
  static List<String> ids(int from, int to) {
    List<String> ids = new ArrayList<>();
    for (int i = from; i < to; i++) {
      ids.add(ScaleFill.id(i));
    }
    return ids;
  }

  @Override
  public void close() {
    apis.forEach(Api::close);
  }
}
