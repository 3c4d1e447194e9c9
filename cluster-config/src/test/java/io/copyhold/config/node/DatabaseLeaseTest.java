package io.copyhold.config.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.zaxxer.hikari.HikariDataSource;
import io.copyhold.config.node.NodeRegister.Self;
import io.copyhold.config.node.NodeRegister.Standing;
import io.copyhold.config.node.NodeRegister.State;
import io.copyhold.runtime.postgres.ControlSchema;
import io.copyhold.runtime.postgres.PoolSettings;
import io.copyhold.runtime.postgres.PostgresFixture;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.apache.pekko.coordination.lease.LeaseSettings;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The lease that decides a split, and what a node that was asleep hears of it. */
class DatabaseLeaseTest {
  private static final Self A = new Self("pekko://copyhold@127.0.0.1:7410", 1, "a", 11);
  private static final Self B = new Self("pekko://copyhold@127.0.0.1:7411", 2, "b", 12);

  private final HikariDataSource database =
      PostgresFixture.newDatabase()
          .pool(
              PoolSettings.from(
                  "lease-test", ConfigFactory.load().getConfig("copyhold.postgres.pool")));
  private final ExecutorService blocking = Executors.newVirtualThreadPerTaskExecutor();
  private final PostgresNodeRegister register =
      new PostgresNodeRegister(database, Duration.ofHours(1));

  @BeforeEach
  void schema() throws SQLException {
    new ControlSchema(List.of(PostgresNodeRegister.SCHEMA), Duration.ofMinutes(2)).apply(database);
  }

  @AfterEach
  void end() {
    database.close();
    blocking.close();
  }

  private DatabaseLease lease(Self self, DataSource of) {
    Config config =
        ConfigFactory.parseString(
                "heartbeat-timeout = 1h, heartbeat-interval = 1m, lease-operation-timeout = 5s")
            .withFallback(ConfigFactory.empty());
    return new DatabaseLease(
        LeaseSettings.apply(config, "copyhold", self.address().substring(8)),
        new LeaseSetup(new PostgresSplitLeases(of), blocking));
  }

  private static <T> T get(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(120, TimeUnit.SECONDS);
  }

  @Test
  void oneSideGetsItAndTheOtherDoesNot() throws Exception {
    DatabaseLease a = lease(A, database);
    DatabaseLease b = lease(B, database);
    assertThat(get(a.acquire())).isTrue();
    assertThat(get(a.acquire())).as("again").isTrue();
    assertThat(get(b.acquire())).isFalse();
    assertThat(a.checkLease()).isTrue();
    assertThat(b.checkLease()).isFalse();
    assertThat(get(a.release())).isTrue();
    assertThat(a.checkLease()).isFalse();
    assertThat(get(b.acquire())).isTrue();
  }

  @Test
  void oneThatIsOverIsTaken() throws Exception {
    assertThat(get(lease(A, database).acquire())).isTrue();
    execute("UPDATE copyhold.sbr_lease SET until = clock_timestamp() - interval '1 second'");
    assertThat(get(lease(B, database).acquire())).isTrue();
  }

  @Test
  void aHolderWhoseProcessHasEndedIsPassedOver() throws Exception {
    register.register(A);
    register.heartbeat(A, State.UP, 0, "{}");
    assertThat(get(lease(A, database).acquire())).isTrue();
    assertThat(get(lease(B, database).acquire())).isFalse();
    assertThat(register.ended("@127.0.0.1:7410")).isTrue();
    assertThat(get(lease(B, database).acquire())).isTrue();
  }

  @Test
  void whileTheDatabaseIsAwayNothingIsDecided() throws Exception {
    AtomicInteger refused = new AtomicInteger();
    CompletionStage<Boolean> asked = lease(A, new Reluctant(database, refused)).acquire();
    assertThat(get(asked)).isTrue();
    assertThat(refused.get()).isEqualTo(3);
  }

  @Test
  void whoWasAsleepIsStillAMemberUntilTheOthersRemoveIt() throws Exception {
    assertThat(standing(A)).isEqualTo(Standing.UNSURE);
    register.register(A);
    assertThat(register.form(A, 0)).isTrue();
    assertThat(standing(A)).isEqualTo(Standing.MEMBER);
    register.removed(Set.of(A.uid()));
    assertThat(standing(A)).isEqualTo(Standing.GONE);
    assertThat(register.heartbeat(A, State.UP, 1, "{}").replaced()).isTrue();
  }

  @Test
  void whoWasAsleepWaitsWhileTheOthersDecide() throws Exception {
    register.register(A);
    assertThat(register.form(A, 0)).isTrue();
    assertThat(get(lease(A, database).acquire())).isTrue();
    assertThat(standing(A)).as("it decides itself").isEqualTo(Standing.MEMBER);
    assertThat(get(lease(A, database).release())).isTrue();
    assertThat(get(lease(B, database).acquire())).isTrue();
    assertThat(standing(A)).isEqualTo(Standing.UNSURE);
    execute("UPDATE copyhold.sbr_lease SET since = since - interval '1 minute'");
    assertThat(standing(A)).as("decided long ago, and not against it").isEqualTo(Standing.MEMBER);
  }

  @Test
  void whoseAddressOrClusterIsAnothersHasGone() throws Exception {
    register.register(A);
    assertThat(register.form(A, 0)).isTrue();
    execute("UPDATE copyhold.incarnation SET incarnation = 2");
    assertThat(standing(A)).isEqualTo(Standing.GONE);
    register.register(new Self(A.address(), 99, "a", 13));
    assertThat(standing(A)).isEqualTo(Standing.GONE);
  }

  @Test
  void aWishReachesItsNodeAndHoldsNobodyElse() throws Exception {
    register.register(A);
    register.register(B);
    assertThat(register.wish("b", NodeRegister.Wish.LEAVE)).isTrue();
    assertThat(register.wish("c", NodeRegister.Wish.LEAVE)).isFalse();
    register.holdSteady(Duration.ofHours(1));
    assertThat(register.heartbeat(A, State.UP, 0, "{}").wish()).isEqualTo(NodeRegister.Wish.NONE);
    NodeRegister.View view = register.heartbeat(B, State.UP, 0, "{\"cpu\":1}");
    assertThat(view.wish()).isEqualTo(NodeRegister.Wish.LEAVE);
    assertThat(view.steady()).isTrue();
    assertThat(register.nodes())
        .extracting(NodeRegister.Listed::name, NodeRegister.Listed::report)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("a", "{}"),
            org.assertj.core.groups.Tuple.tuple("b", "{\"cpu\":1}"));
    register.register(B);
    register.holdSteady(Duration.ZERO);
    view = register.heartbeat(B, State.UP, 0, "{}");
    assertThat(view.wish()).as("a new life").isEqualTo(NodeRegister.Wish.NONE);
    assertThat(view.steady()).isFalse();
  }

  private Standing standing(Self self) throws SQLException {
    return register.standing(self.address(), self.uid());
  }

  private void execute(String sql) throws SQLException {
    try (Connection c = database.getConnection();
        Statement s = c.createStatement()) {
      s.execute(sql);
    }
  }

  /** The real database, which at first does not answer. */
  private record Reluctant(DataSource real, AtomicInteger refused) implements DataSource {
    @Override
    public Connection getConnection() throws SQLException {
      if (refused.get() < 3) {
        refused.incrementAndGet();
        throw new SQLException("away", "08006");
      }
      return real.getConnection();
    }

    @Override
    public Connection getConnection(String user, String password) throws SQLException {
      return real.getConnection(user, password);
    }

    @Override
    public PrintWriter getLogWriter() throws SQLException {
      return real.getLogWriter();
    }

    @Override
    public void setLogWriter(PrintWriter out) throws SQLException {
      real.setLogWriter(out);
    }

    @Override
    public void setLoginTimeout(int seconds) throws SQLException {
      real.setLoginTimeout(seconds);
    }

    @Override
    public int getLoginTimeout() throws SQLException {
      return real.getLoginTimeout();
    }

    @Override
    public Logger getParentLogger() {
      return Logger.getGlobal();
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
      return real.unwrap(type);
    }

    @Override
    public boolean isWrapperFor(Class<?> type) throws SQLException {
      return real.isWrapperFor(type);
    }
  }
}
