package io.copyhold.tenants.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.copyhold.runtime.ProblemException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What budgets promise, whichever database the leases are kept in. */
abstract class StoreBudgetsContract {
  private static final int DECLARED = 10;
  private static final BudgetSettings SETTINGS =
      new BudgetSettings(
          Duration.ofSeconds(2),
          Duration.ofMillis(200),
          Duration.ofSeconds(60),
          Duration.ofMinutes(1),
          100);

  private final AtomicInteger declared = new AtomicInteger(DECLARED);
  private final List<AutoCloseable> open = new ArrayList<>();

  /** Leases of that node; those of one test share the budgets, which are empty at its beginning. */
  abstract PermitLeases leases(String node);

  /** Amounts of the leases that have not ended, in the order of their nodes. */
  abstract List<Integer> shares();

  @AfterEach
  void closeAll() throws Exception {
    for (AutoCloseable it : open.reversed()) {
      it.close();
    }
  }

  private StoreBudgets node(String name) {
    return node(name, SETTINGS);
  }

  private StoreBudgets node(String name, BudgetSettings settings) {
    ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    StoreBudgets node =
        new StoreBudgets(
            leases(name), (store, kind) -> declared.get(), settings, InstantSource.system(), timer);
    open.add(timer::shutdownNow);
    open.add(node);
    return node;
  }

  @Test
  void aLoneNodeGetsAllAndNotMore() {
    BudgetSettings hasty =
        new BudgetSettings(
            SETTINGS.lease(), SETTINGS.margin(), Duration.ofMillis(50), SETTINGS.idle(), 100);
    StoreBudgets node = node("a", hasty);
    List<Permits.Permit> taken = new ArrayList<>();
    for (int i = 0; i < DECLARED; i++) {
      taken.add(node.take("s", Permits.CONNECTIONS));
    }
    assertThatThrownBy(() -> node.take("s", Permits.CONNECTIONS))
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> assertThat(e.problem().code()).isEqualTo("budget-exhausted"));
    node.take("another", Permits.CONNECTIONS).close();
    taken.removeFirst().close();
    node.take("s", Permits.CONNECTIONS).close();
    taken.forEach(Permits.Permit::close);
  }

  @Test
  void racingNodesNeverUseMoreThanDeclaredTogether() throws Exception {
    int nodes = 5;
    AtomicInteger inUse = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    AtomicBoolean stop = new AtomicBoolean();
    List<AtomicInteger> turns = new ArrayList<>();
    List<Future<?>> work = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int n = 0; n < nodes; n++) {
        StoreBudgets node = node("node-" + n);
        AtomicInteger mine = new AtomicInteger();
        turns.add(mine);
        for (int t = 0; t < 4; t++) {
          work.add(
              threads.submit(() -> {
                while (!stop.get()) {
                  try (Permits.Permit _ = node.take("s", Permits.CONNECTIONS)) {
                    most.accumulateAndGet(inUse.incrementAndGet(), Math::max);
                    Thread.onSpinWait();
                    inUse.decrementAndGet();
                    mine.incrementAndGet();
                  }
                }
              }));
        }
        assertThat(leased()).isLessThanOrEqualTo(DECLARED);
      }
      // every node gets its turns, the last one too, and their shares become equal
      await(() ->
          turns.stream().allMatch(t -> t.get() > 50) && shares().equals(List.of(2, 2, 2, 2, 2)));
      stop.set(true);
      for (Future<?> it : work) {
        it.get(120, TimeUnit.SECONDS);
      }
    }
    assertThat(most.get()).isBetween(1, DECLARED);
    assertThat(leased()).isLessThanOrEqualTo(DECLARED);
  }

  @Test
  void aLostNodesShareComesBackAfterItsLease() {
    ScheduledExecutorService dead = Executors.newSingleThreadScheduledExecutor();
    StoreBudgets lost =
        new StoreBudgets(
            leases("lost"), (s, k) -> DECLARED, SETTINGS, InstantSource.system(), dead);
    Permits.Permit never = lost.take("s", Permits.CONNECTIONS);
    assertThat(never).isNotNull();
    dead.shutdownNow(); // killed: it renews nothing and gives nothing back
    StoreBudgets node = node("alive");
    List<Permits.Permit> taken = new ArrayList<>();
    for (int i = 0; i < DECLARED; i++) {
      taken.add(node.take("s", Permits.CONNECTIONS)); // waits for the lost lease to end
    }
    taken.forEach(Permits.Permit::close);
  }

  @Test
  void whatIsInUseIsNotHandedToANewcomer() {
    StoreBudgets first = node("a");
    List<Permits.Permit> taken = new ArrayList<>();
    for (int i = 0; i < DECLARED; i++) {
      taken.add(first.take("s", Permits.CONNECTIONS));
    }
    BudgetSettings hasty =
        new BudgetSettings(
            SETTINGS.lease(), SETTINGS.margin(), Duration.ofSeconds(5), SETTINGS.idle(), 100);
    StoreBudgets second = node("b", hasty);
    assertThatThrownBy(() -> second.take("s", Permits.CONNECTIONS)) // two leases long
        .isInstanceOf(ProblemException.class);
    taken.forEach(Permits.Permit::close);
    await(() -> {
      try (Permits.Permit _ = second.take("s", Permits.CONNECTIONS)) {
        return true;
      } catch (ProblemException e) {
        return false;
      }
    });
  }

  @Test
  void aLoweredDeclarationHoldsFromTheNextRenewal() {
    StoreBudgets node = node("a");
    node.take("s", Permits.WORK).close();
    assertThat(leased()).isEqualTo(DECLARED);
    declared.set(3);
    await(() -> {
      node.take("s", Permits.WORK).close();
      return leased() == 3;
    });
  }

  @Test
  void aClosedNodeGivesItsShareBack() {
    StoreBudgets node = node("a");
    node.take("s", Permits.WORK).close();
    assertThat(leased()).isEqualTo(DECLARED);
    node.close();
    assertThat(leased()).isZero();
    assertThatThrownBy(() -> node.take("s", Permits.WORK)).isInstanceOf(ProblemException.class);
  }

  private int leased() {
    return shares().stream().mapToInt(Integer::intValue).sum();
  }

  private static void await(BooleanSupplier condition) {
    org.assertj.core.api.Assertions.assertThatCode(
            () -> {
              long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
              while (!condition.getAsBoolean()) {
                assertThat(System.nanoTime()).as("within the limit").isLessThan(end);
                Thread.sleep(20);
              }
            })
        .doesNotThrowAnyException();
  }
}
