package io.copyhold.chaos.run;

import io.copyhold.chaos.checker.Acknowledged;
import io.copyhold.chaos.checker.Attempts;
import io.copyhold.chaos.checker.Capacity;
import io.copyhold.chaos.checker.Effects;
import io.copyhold.chaos.checker.Linearizability;
import io.copyhold.chaos.checker.OneHolder;
import io.copyhold.chaos.checker.RealTime;
import io.copyhold.chaos.checker.Reasons;
import io.copyhold.chaos.checker.Settled;
import io.copyhold.chaos.checker.Verdict;
import io.copyhold.chaos.installation.Api;
import io.copyhold.chaos.installation.Installation;
import io.copyhold.chaos.nemesis.Nemesis;
import io.copyhold.chaos.nemesis.Network;
import io.copyhold.chaos.nemesis.Plan;
import io.copyhold.chaos.workload.Call;
import io.copyhold.chaos.workload.Client;
import io.copyhold.chaos.workload.History;
import io.copyhold.chaos.workload.Invoicing;
import io.copyhold.chaos.workload.Login;
import io.copyhold.chaos.workload.Payments;
import io.copyhold.http.node.FirstToken;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.ProblemException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * One run, in its chapters: start, hurt, heal, settle, judge. {@link #close} ends all processes,
 * whatever came of it.
 */
@PortAdapter
final class ChaosRun implements AutoCloseable {
  /** The shortest time from one fault to the next; a plan is longer than any run. */
  private static final int MILLIS_PER_TURN = 1_000;

  /** Clients go on for a while after the last fault. */
  private static final Duration CALM = Duration.ofSeconds(5);

  /** An operation that failed for long waits a minute before it tries again. */
  private static final Duration SETTLE_LIMIT = Duration.ofMinutes(6);

  private static final Duration RECOVERY_LIMIT = Duration.ofMinutes(4);
  private static final Duration LOOK = Duration.ofSeconds(1);

  private static final String PAYMENTS = "select id from payment where id >= ?";

  private final ChaosPlan plan;
  private final Path data;
  private final Path historyFile;
  private final Consumer<String> told;
  private final Installation installation;

  /**
   * Starts the databases.
   *
   * @param data the installation's directory
   * @param historyFile where the history goes
   * @param told hears the story, line by line
   */
  ChaosRun(ChaosPlan plan, Path data, Path historyFile, Consumer<String> told) throws Exception {
    this.plan = plan;
    this.data = data;
    this.historyFile = historyFile;
    this.told = told;
    this.installation =
        Installation.start(
            data,
            plan.nodes(),
            // each kill is meant; a node that is killed again and again must not be given up
            Map.of("copyhold.supervisor.restart.steady-after", "1s"));
  }

  ChaosResult run() throws Exception {
    try (Api api = installation.open();
        Victims victims = new Victims(installation, data);
        History history = new History(historyFile, System::nanoTime)) {
      await("all nodes", RECOVERY_LIMIT, victims::allAnswer);
      told.accept(
          "%d node%s, 2 stores; history in %s"
              .formatted(plan.nodes(), plan.nodes() == 1 ? "" : "s", historyFile));
      new Cast(api).enter();
      told.accept(Cast.staying().size() + " tenants are there; the clients begin");
      return play(api, victims, history);
    }
  }

  private ChaosResult play(Api api, Victims victims, History history) throws Exception {
    String token = Files.readString(FirstToken.file(data)).strip();
    long begin = System.nanoTime();
    Consumer<String> hurt =
        what -> {
          history.nemesis(what);
          told.accept("%6.1f s  %s".formatted((System.nanoTime() - begin) / 1e9, what));
        };
    boolean cuts = Network.isOwn();
    List<String> databases = new ArrayList<>();
    if (cuts) {
      databases.add("control");
      databases.addAll(Installation.STORES);
    }
    Plan faults = new Plan(plan.seed(), victims.nodes(), databases);
    try (Lookout lookout = new Lookout(installation);
        Payments payments = new Payments(Cast.PAID)) {
      Nemesis.Done done;
      long last;
      try (Crowd crowd =
          new Crowd(new Cast(api).parts(payments), history, victims.urls(), token, plan.seed())) {
        try (Nemesis nemesis =
            new Nemesis(victims, faults.turns(plan.seconds() * 1_000 / MILLIS_PER_TURN), hurt)) {
          Thread.sleep(Duration.ofSeconds(plan.seconds()));
          nemesis.close();
          nemesis.require();
          done = nemesis.done();
        }
        last = System.nanoTime();
        told.accept("the faults are over");
        await("all nodes", RECOVERY_LIMIT, victims::allAnswer);
        Thread.sleep(CALM);
        crowd.close();
        crowd.require();
      }
      told.accept("the clients have ended; waiting for the operations that run");
      boolean quiet = settled(lookout);
      Duration healed = Duration.ofNanos(System.nanoTime() - last);
      told.accept(
          quiet
              ? "all operations ended %.1f s after the last fault"
                  .formatted(healed.toMillis() / 1e3)
              : "NOT all operations ended within " + SETTLE_LIMIT.toMinutes() + " minutes");
      readAll(history, victims.urls(), token);
      List<Call> calls = history.calls();
      Map<String, List<Long>> paid = paid(api);
      Lookout.Sight sight = lookout.look();
      List<Verdict> verdicts = new ArrayList<>();
      verdicts.add(Acknowledged.check(calls, sight.roll()));
      verdicts.add(RealTime.check(calls));
      verdicts.add(Linearizability.check(calls));
      verdicts.add(OneHolder.check(calls));
      verdicts.add(Attempts.check(sight.roll()));
      verdicts.add(Effects.check(sight.books(), sight.roll(), quiet));
      verdicts.addAll(lookout.verdicts());
      verdicts.add(Reasons.check(sight.roll()));
      verdicts.add(Settled.check(sight.roll()));
      verdicts.add(Capacity.check(sight.roll(), quiet));
      verdicts.add(io.copyhold.chaos.checker.Payments.check(calls, paid));
      return new ChaosResult(
          plan, done, cuts ? "" : "no", calls, sight.roll().events(), healed, verdicts);
    }
  }

  /** Whether nothing runs any more, within the limit. */
  private static boolean settled(Lookout lookout) throws InterruptedException, SQLException {
    long end = System.nanoTime() + SETTLE_LIMIT.toNanos();
    while (!Settled.check(lookout.look().roll()).good()) {
      if (System.nanoTime() - end > 0) {
        return false;
      }
      Thread.sleep(LOOK);
    }
    return true;
  }

  /** Through every node, every tenant that stayed. */
  private static void readAll(History history, List<URI> nodes, String token)
      throws InterruptedException {
    for (int i = 0; i < nodes.size(); i++) {
      List<URI> one = List.of(nodes.get(i));
      try (Client client =
          new Client("last-" + (i + 1), history, () -> one, token, new SplittableRandom(i))) {
        for (String tenant : Cast.staying()) {
          client.read("last look", tenant);
        }
      }
    }
  }

  private static Map<String, List<Long>> paid(Api api) throws InterruptedException, SQLException {
    Map<String, List<Long>> paid = new TreeMap<>();
    for (String tenant : Cast.PAID) {
      try (Connection c =
              Login.of(api.get("/v1/tenants/" + tenant + "/connection")).connect("chaos");
          PreparedStatement s = c.prepareStatement(PAYMENTS)) {
        s.setLong(1, Invoicing.FIRST_LIVE_PAYMENT);
        try (ResultSet r = s.executeQuery()) {
          List<Long> ids = new ArrayList<>();
          while (r.next()) {
            ids.add(r.getLong(1));
          }
          paid.put("tenant/" + tenant, ids);
        }
      }
    }
    return paid;
  }

  private interface Condition {
    boolean holds() throws InterruptedException;
  }

  private static void await(String what, Duration limit, Condition condition)
      throws InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    while (!condition.holds()) {
      if (System.nanoTime() - end > 0) {
        throw new ProblemException(
            "took-too-long",
            "Waited " + limit.toMinutes() + " minutes for " + what + ".",
            "Read the logs.");
      }
      Thread.sleep(LOOK);
    }
  }

  @Override
  public void close() {
    installation.close();
  }
}
