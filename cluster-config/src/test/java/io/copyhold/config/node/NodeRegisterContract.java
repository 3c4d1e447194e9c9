package io.copyhold.config.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.copyhold.config.node.NodeRegister.Self;
import io.copyhold.config.node.NodeRegister.Standing;
import io.copyhold.config.node.NodeRegister.State;
import io.copyhold.config.node.NodeRegister.View;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.coordination.lease.LeaseSettings;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every register and its leases promise: who meets, who forms a cluster, which side of a split
 * goes on, and what a node that was asleep hears of it.
 */
abstract class NodeRegisterContract {
  static final Duration DEAD_AFTER = Duration.ofHours(1);
  private static final Self A = new Self("pekko://copyhold@127.0.0.1:7410", 1, "a", 11);
  private static final Self B = new Self("pekko://copyhold@127.0.0.1:17410", -2, "b", 12);

  private final ExecutorService blocking = Executors.newVirtualThreadPerTaskExecutor();
  private NodeRegister register;
  private SplitLeases leases;

  /** On an empty database without tables; {@code dead-after} is {@link #DEAD_AFTER}. */
  abstract NodeRegister open();

  abstract void makeTables() throws Exception;

  abstract SplitLeases leases();

  /** Its last heartbeat was two hours ago. */
  abstract void silent(Self self);

  /** Two hours ago. */
  abstract void registeredLongAgo(Self self);

  /** As a database restored to a time before it. */
  abstract void forget(Self self);

  abstract void leaseIsOver();

  /** A minute earlier than it was; it goes on as long. */
  abstract void leaseWasTakenLongAgo();

  abstract void clusterIs(long incarnation);

  @BeforeEach
  void begin() throws Exception {
    register = open();
    assertThat(register.ended("@127.0.0.1:7410")).isFalse(); // also before there is a table
    makeTables();
    leases = leases();
  }

  @AfterEach
  void endCalls() {
    blocking.close();
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
  void nobodyFormsBesideALivingMember() {
    register.register(A);
    assertThat(register.form(A, 0)).isTrue();
    register.register(B);
    assertThat(register.form(B, 1)).isFalse();
    silent(A);
    assertThat(register.form(B, 0)).isFalse(); // it looked before the first one formed
    assertThat(register.form(B, 1)).isTrue();
  }

  @Test
  void aNodeIsSettledWhenItHasWatchedLongEnough() {
    register.register(A);
    assertThat(register.heartbeat(A, State.STARTING, 0, "{}").settled()).isFalse();
    registeredLongAgo(A);
    assertThat(register.heartbeat(A, State.STARTING, 0, "{}").settled()).isTrue();
    register.register(A);
    assertThat(register.heartbeat(A, State.STARTING, 0, "{}").settled()).isFalse();
  }

  @Test
  void whoTakesAnAddressReplacesTheEarlierLife() {
    register.register(A);
    Self later = new Self(A.address(), 99, "a", 13);
    register.register(later);
    assertThat(register.heartbeat(A, State.UP, 1, "{}").replaced()).isTrue();
    assertThat(register.heartbeat(later, State.UP, 1, "{}").replaced()).isFalse();
    register.leave(A);
    assertThat(register.heartbeat(later, State.UP, 1, "{}").rows()).hasSize(1);
  }

  @Test
  void aRegisterThatForgotANodeLearnsItAgain() {
    register.register(A);
    forget(A);
    View view = register.heartbeat(A, State.UP, 3, "{}");
    assertThat(view.replaced()).isFalse();
    assertThat(view.rows())
        .containsExactly(new NodeRegister.Row(A.address(), 1, 3, State.UP, true));
  }

  @Test
  void theEndOfAProcessIsToldByItsPortAlone() {
    register.register(A);
    register.register(B);
    assertThat(register.ended("@127.0.0.1:7410")).isTrue();
    assertThat(register.ended("@127.0.0.1:7410")).isFalse();
    View view = register.heartbeat(B, State.UP, 0, "{}");
    assertThat(view.rows())
        .extracting(NodeRegister.Row::state)
        .containsExactly(State.ENDED, State.UP);
  }

  private DatabaseLease lease(Self self) {
    Config config =
        ConfigFactory.parseString(
                "heartbeat-timeout = 1h, heartbeat-interval = 1m, lease-operation-timeout = 5s")
            .withFallback(ConfigFactory.empty());
    return new DatabaseLease(
        LeaseSettings.apply(config, "copyhold", self.address().substring(8)),
        new LeaseSetup(leases, blocking));
  }

  private static <T> T get(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(120, TimeUnit.SECONDS);
  }

  @Test
  void oneSideGetsItAndTheOtherDoesNot() throws Exception {
    DatabaseLease a = lease(A);
    DatabaseLease b = lease(B);
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
    assertThat(get(lease(A).acquire())).isTrue();
    leaseIsOver();
    assertThat(get(lease(B).acquire())).isTrue();
  }

  @Test
  void aHolderWhoseProcessHasEndedIsPassedOver() throws Exception {
    register.register(A);
    register.heartbeat(A, State.UP, 0, "{}");
    assertThat(get(lease(A).acquire())).isTrue();
    assertThat(get(lease(B).acquire())).isFalse();
    assertThat(register.ended("@127.0.0.1:7410")).isTrue();
    assertThat(get(lease(B).acquire())).isTrue();
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
    assertThat(get(lease(A).acquire())).isTrue();
    assertThat(standing(A)).as("it decides itself").isEqualTo(Standing.MEMBER);
    assertThat(get(lease(A).release())).isTrue();
    assertThat(get(lease(B).acquire())).isTrue();
    assertThat(standing(A)).isEqualTo(Standing.UNSURE);
    leaseWasTakenLongAgo();
    assertThat(standing(A)).as("decided long ago, and not against it").isEqualTo(Standing.MEMBER);
  }

  @Test
  void whoseAddressOrClusterIsAnothersHasGone() throws Exception {
    register.register(A);
    assertThat(register.form(A, 0)).isTrue();
    clusterIs(2);
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

  private Standing standing(Self self) {
    return register.standing(self.address(), self.uid());
  }
}
