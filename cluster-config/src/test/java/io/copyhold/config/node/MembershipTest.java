package io.copyhold.config.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.zaxxer.hikari.HikariDataSource;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.postgres.ControlSchema;
import io.copyhold.runtime.postgres.PoolSettings;
import io.copyhold.runtime.postgres.PostgresFixture;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.StreamSupport;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Real actor systems over real sockets, a real register; several nodes in this JVM. */
class MembershipTest {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private final HikariDataSource database =
      PostgresFixture.newDatabase()
          .pool(
              PoolSettings.from(
                  "membership-test", ConfigFactory.load().getConfig("copyhold.postgres.pool")));
  private final ExecutorService blocking = Executors.newVirtualThreadPerTaskExecutor();
  private final List<ActorSystem<Membership.Command>> systems = new ArrayList<>();
  private final List<Departure> left = new CopyOnWriteArrayList<>();
  private final AtomicInteger beats = new AtomicInteger();
  private final AtomicInteger failed = new AtomicInteger();
  private volatile boolean away;

  @BeforeEach
  void schema() throws SQLException {
    new ControlSchema(List.of(PostgresNodeRegister.SCHEMA), Duration.ofMinutes(2)).apply(database);
  }

  @AfterEach
  void end() throws Exception {
    away = false;
    for (ActorSystem<?> system : systems) {
      system.terminate();
    }
    for (ActorSystem<?> system : systems) {
      system.getWhenTerminated().toCompletableFuture().get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    }
    database.close();
    blocking.close();
  }

  @Test
  void nodesThatStartTogetherBecomeOneCluster() throws Exception {
    start(3);
    awaitMembers(3);
    assertThat(value("SELECT incarnation FROM copyhold.incarnation")).isEqualTo("1");
    await(() -> value("SELECT count(*) FROM copyhold.node WHERE state = 'up'").equals("3"));
  }

  @Test
  void aCleanStopLeavesNoRowSoTheNextStartNeedNotWait() throws Exception {
    start(2);
    awaitMembers(2);
    for (ActorSystem<?> system : List.copyOf(systems)) {
      stop(system);
    }
    assertThat(value("SELECT count(*) FROM copyhold.node")).isEqualTo("0");
    start(1);
    awaitMembers(1);
    assertThat(value("SELECT incarnation FROM copyhold.incarnation")).isEqualTo("2");
  }

  @Test
  void aNodeWaitsForLivingMembersThatItCannotReach() throws Exception {
    execute("UPDATE copyhold.incarnation SET incarnation = 5");
    execute(
        "INSERT INTO copyhold.node VALUES ('pekko://copyhold@127.0.0.1:1', 9, 'far', '1', 5,"
            + " 'up', now(), now() + interval '1 day')");
    start(1);
    // it has looked around, tried to join and looked again
    await(() -> beats.get() >= 3);
    assertThat(members(systems.getFirst())).isZero();
    assertThat(value("SELECT incarnation FROM copyhold.incarnation")).isEqualTo("5");
    execute("DELETE FROM copyhold.node WHERE name = 'far'");
    awaitMembers(1);
    assertThat(value("SELECT incarnation FROM copyhold.incarnation")).isEqualTo("6");
  }

  @Test
  void aNodeWhoseProcessEndedIsRemovedByTheOthers() throws Exception {
    start(3);
    awaitMembers(3);
    ActorSystem<Membership.Command> lost = systems.removeLast();
    String address = Cluster.get(lost).selfMember().address().toString();
    lost.terminate(); // without leaving: see config()
    lost.getWhenTerminated().toCompletableFuture().get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    assertThat(
            new PostgresNodeRegister(database, Duration.ofSeconds(10))
                .ended(address.substring(address.indexOf('@'))))
        .isTrue();
    awaitMembers(2);
  }

  @Test
  void aMemberStaysWhenTheRegisterIsAway() throws Exception {
    start(2);
    awaitMembers(2);
    away = true;
    int before = failed.get();
    await(() -> failed.get() >= before + 6);
    assertThat(members(systems.get(0))).isEqualTo(2);
    assertThat(members(systems.get(1))).isEqualTo(2);
    away = false;
    start(1);
    awaitMembers(3);
    assertThat(left).isEmpty();
  }

  @Test
  void aMemberLeavesWhenItsClusterWasReplaced() throws Exception {
    start(2);
    awaitMembers(2);
    execute("UPDATE copyhold.incarnation SET incarnation = incarnation + 1");
    await(() -> left.size() == 2);
    assertThat(left).allMatch(d -> d.why().contains("replaced by cluster 2"));
  }

  private void start(int nodes) {
    MembershipSettings settings =
        new MembershipSettings(
            Duration.ofMillis(200), Duration.ofSeconds(10), Duration.ofSeconds(10));
    for (int i = 0; i < nodes; i++) {
      NodeRegister register =
          new Breakable(new PostgresNodeRegister(database, settings.deadAfter()));
      systems.add(
          ActorSystem.create(
              Membership.create(
                  "node-" + systems.size(),
                  register,
                  settings,
                  blocking,
                  left::add,
                  () -> "{}",
                  _ -> {}),
              "copyhold",
              config()));
    }
  }

  /** Graceful only when asked: a terminated system is a lost node here. */
  private static Config config() {
    return ConfigFactory.parseString(
            """
            pekko {
              loglevel = WARNING
              actor.provider = cluster
              remote.artery.canonical { hostname = "127.0.0.1", port = 0 }
              coordinated-shutdown.run-by-actor-system-terminate = off
              coordinated-shutdown.exit-jvm = off
              jvm-exit-on-fatal-error = off
              cluster {
                jmx.enabled = off
                run-coordinated-shutdown-when-down = off
                gossip-interval = 200ms
                leader-actions-interval = 200ms
                unreachable-nodes-reaper-interval = 200ms
                # nobody is removed but on the supervisor's word
                downing-provider-class = ""
                failure-detector.acceptable-heartbeat-pause = 2s
              }
            }
            """)
        .withFallback(ConfigFactory.load());
  }

  private static void stop(ActorSystem<?> system) throws Exception {
    CoordinatedShutdown.get(system)
        .runAll(CoordinatedShutdown.unknownReason())
        .toCompletableFuture()
        .get(LIMIT.toSeconds(), TimeUnit.SECONDS);
  }

  private void awaitMembers(int count) throws Exception {
    await(() ->
        systems.stream()
            .filter(s -> !s.getWhenTerminated().toCompletableFuture().isDone())
            .allMatch(s -> members(s) == count));
  }

  private static long members(ActorSystem<?> system) {
    return StreamSupport.stream(Cluster.get(system).state().getMembers().spliterator(), false)
        .filter(m -> m.status().equals(MemberStatus.up()))
        .count();
  }

  /** The real register, and a switch that takes it away. */
  private final class Breakable implements NodeRegister {
    private final NodeRegister real;

    Breakable(NodeRegister real) {
      this.real = real;
    }

    @Override
    public void register(Self self) {
      check();
      real.register(self);
    }

    @Override
    public View heartbeat(Self self, State state, long incarnation, String report) {
      check();
      View view = real.heartbeat(self, state, incarnation, report);
      beats.incrementAndGet();
      return view;
    }

    @Override
    public boolean form(Self self, long seen) {
      check();
      return real.form(self, seen);
    }

    @Override
    public void leave(Self self) {
      check();
      real.leave(self);
    }

    @Override
    public void removed(Set<Long> uids) {
      check();
      real.removed(uids);
    }

    @Override
    public Standing standing(String address, long uid) {
      check();
      return real.standing(address, uid);
    }

    @Override
    public List<Listed> nodes() {
      return real.nodes();
    }

    @Override
    public boolean wish(String name, Wish wish) {
      return real.wish(name, wish);
    }

    @Override
    public void holdSteady(Duration lasting) {
      real.holdSteady(lasting);
    }

    @Override
    public boolean ended(String addressSuffix) {
      return real.ended(addressSuffix);
    }

    private void check() {
      if (away) {
        failed.incrementAndGet();
        throw new ProblemException("control-database-unavailable", "away", "wait");
      }
    }
  }

  private static void await(Callable<Boolean> condition) throws Exception {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (!condition.call()) {
      assertThat(System.nanoTime()).as("waited for " + LIMIT).isLessThan(deadline);
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  private String value(String sql) throws SQLException {
    try (Connection c = database.getConnection();
        Statement s = c.createStatement();
        ResultSet r = s.executeQuery(sql)) {
      return r.next() ? r.getString(1) : "";
    }
  }

  private void execute(String sql) throws SQLException {
    try (Connection c = database.getConnection();
        Statement s = c.createStatement()) {
      s.execute(sql);
    }
  }
}
