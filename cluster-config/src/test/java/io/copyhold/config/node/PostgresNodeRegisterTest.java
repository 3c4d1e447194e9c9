package io.copyhold.config.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import com.zaxxer.hikari.HikariDataSource;
import io.copyhold.config.node.NodeRegister.Self;
import io.copyhold.config.node.NodeRegister.State;
import io.copyhold.config.node.NodeRegister.View;
import io.copyhold.runtime.postgres.ControlSchema;
import io.copyhold.runtime.postgres.PoolSettings;
import io.copyhold.runtime.postgres.PostgresFixture;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PostgresNodeRegisterTest {
  private static final Self A = new Self("pekko://copyhold@127.0.0.1:7410", 1, "a", 11);
  private static final Self B = new Self("pekko://copyhold@127.0.0.1:17410", -2, "b", 12);

  private final HikariDataSource database =
      PostgresFixture.newDatabase()
          .pool(
              PoolSettings.from(
                  "register-test", ConfigFactory.load().getConfig("copyhold.postgres.pool")));
  private final PostgresNodeRegister register =
      new PostgresNodeRegister(database, Duration.ofHours(1));

  @BeforeEach
  void schema() throws SQLException {
    assertThat(register.ended("@127.0.0.1:7410")).isFalse(); // also before there is a table
    new ControlSchema(List.of(PostgresNodeRegister.SCHEMA), Duration.ofMinutes(2)).apply(database);
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void ofManyOnlyOneForms() throws Exception {
    List<Callable<Boolean>> contenders = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      Self self = new Self("pekko://copyhold@127.0.0.1:" + (2000 + i), i, "n" + i, i);
      register.register(self);
      contenders.add(() -> register.form(self, 0));
    }
    int won = 0;
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      for (Future<Boolean> contender : threads.invokeAll(contenders)) {
        won += contender.get() ? 1 : 0;
      }
    }
    assertThat(won).isOne();
    register.register(A);
    View view = register.heartbeat(A, State.STARTING, 0, "{}");
    assertThat(view.incarnation()).isOne();
    assertThat(view.rows()).filteredOn(r -> r.state() == State.UP).hasSize(1);
  }

  @Test
  void nobodyFormsBesideALivingMember() throws SQLException {
    register.register(A);
    assertThat(register.form(A, 0)).isTrue();
    register.register(B);
    assertThat(register.form(B, 1)).isFalse();
    execute("UPDATE copyhold.node SET heartbeat = now() - interval '2 hours' WHERE uid = 1");
    assertThat(register.form(B, 0)).isFalse(); // it looked before the first one formed
    assertThat(register.form(B, 1)).isTrue();
  }

  @Test
  void aNodeIsSettledWhenItHasWatchedLongEnough() throws SQLException {
    register.register(A);
    assertThat(register.heartbeat(A, State.STARTING, 0, "{}").settled()).isFalse();
    execute("UPDATE copyhold.node SET registered = now() - interval '2 hours'");
    assertThat(register.heartbeat(A, State.STARTING, 0, "{}").settled()).isTrue();
    register.register(A);
    assertThat(register.heartbeat(A, State.STARTING, 0, "{}").settled()).isFalse();
  }

  @Test
  void whoTakesAnAddressReplacesTheEarlierLife() throws SQLException {
    register.register(A);
    Self later = new Self(A.address(), 99, "a", 13);
    register.register(later);
    assertThat(register.heartbeat(A, State.UP, 1, "{}").replaced()).isTrue();
    assertThat(register.heartbeat(later, State.UP, 1, "{}").replaced()).isFalse();
    register.leave(A);
    assertThat(register.heartbeat(later, State.UP, 1, "{}").rows()).hasSize(1);
  }

  @Test
  void aRegisterThatForgotANodeLearnsItAgain() throws SQLException {
    register.register(A);
    execute("DELETE FROM copyhold.node");
    View view = register.heartbeat(A, State.UP, 3, "{}");
    assertThat(view.replaced()).isFalse();
    assertThat(view.rows())
        .containsExactly(new NodeRegister.Row(A.address(), 1, 3, State.UP, true));
  }

  @Test
  void theEndOfAProcessIsToldByItsPortAlone() throws SQLException {
    register.register(A);
    register.register(B);
    assertThat(register.ended("@127.0.0.1:7410")).isTrue();
    assertThat(register.ended("@127.0.0.1:7410")).isFalse();
    View view = register.heartbeat(B, State.UP, 0, "{}");
    assertThat(view.rows())
        .extracting(NodeRegister.Row::state)
        .containsExactly(State.ENDED, State.UP);
  }

  private void execute(String sql) throws SQLException {
    try (Connection c = database.getConnection();
        Statement s = c.createStatement()) {
      s.execute(sql);
    }
  }
}
