package io.copyhold.runtime.operation;

import static io.copyhold.runtime.TestSystem.await;
import static io.copyhold.runtime.TestSystem.until;
import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.TestSystem;
import io.copyhold.runtime.agenda.Agenda;
import io.copyhold.runtime.entity.History;
import io.copyhold.runtime.entity.LifeWatch;
import io.copyhold.runtime.entity.Reply;
import io.copyhold.runtime.postgres.Database;
import io.copyhold.runtime.postgres.PostgresFixture;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** Whether what an operation waits for is true, on the real journal and agenda. */
class OperationSweepTest {
  private static final Origin TEST = Origin.of("test");
  private static final Step GATE = Errand.step("ask", () -> StepResult.gate("go", "may it go on?"));
  private static final SweepSettings QUICK =
      SweepSettings.from(
          ConfigFactory.parseString(
                  "copyhold.operation.sweep { every = 200ms, quiet-after = 0s, pause = 1ms,"
                      + " again-after = 0s }")
              .withFallback(ConfigFactory.load()));

  private final Database database = PostgresFixture.newDatabase();
  private final EntityRef errand = new EntityRef("errand", "one");
  private final EntityRef operation = errand.operation(Errand.OPERATION);

  /** A node that can run these; what it can run is known to all. */
  private TestSystem start(OperationType<?>... types) {
    TestSystem node =
        TestSystem.Options.of(Errand.TYPE, OperationEntity.TYPE)
            .with("copyhold.entity.ask-max", "2s")
            .start(database);
    OperationTypes known = new OperationTypes(List.of(types));
    Operations engine = new Operations(known, node.types().codec(), node.history());
    node.host(Errand.TYPE, engine.reactor(Errand.TYPE));
    await(definitions(node).advertise(known.definitions()));
    return node;
  }

  private static Definitions definitions(TestSystem node) {
    return new PostgresDefinitions(node.control(), node.ports().node());
  }

  private static Proofs proofs(TestSystem node, Set<String> members) {
    return new Proofs(
        node.history(),
        node.ports().agenda(),
        node.entities(),
        definitions(node),
        () -> members,
        Duration.ofMinutes(1));
  }

  private Proofs.Finding look(TestSystem node) {
    return await(proofs(node, LifeWatch.members(node.system()).get()).of(operation));
  }

  private void sweep(TestSystem node) {
    OperationSweep.start(
        node.system(),
        new OperationSweep.Parts(
            (_, _) ->
                CompletableFuture.completedStage(
                    new LiveOperations.Page(
                        List.of(new LiveOperations.Seen(operation, "errand", Instant.EPOCH)),
                        null)),
            proofs(node, LifeWatch.members(node.system()).get()),
            node.entities(),
            definitions(node),
            InstantSource.system(),
            QUICK));
  }

  private List<String> events(TestSystem node) {
    return await(node.history().events(operation, 1, 1_000)).stream()
        .map(History.Entry::name)
        .toList();
  }

  private String state(TestSystem node) {
    return await(node.history().at(operation, Long.MAX_VALUE)).summary().path("state").asText();
  }

  private static String kinds(Proofs.Finding finding) {
    return finding.proofs().stream()
        .map(proof -> proof.kind() + (proof.holds() ? "+" : "-"))
        .toList()
        .toString();
  }

  @Test
  void aGateThatIsAliveHoldsAndOneWithoutWakeUpIsStalledOnceAndGoesOnWhenApproved() {
    try (TestSystem node = start(Errand.operation("1.0.0", List.of(GATE)))) {
      node.applied(errand, new Errand.Command.Send(), TEST);
      until(() -> state(node).equals("waiting"));
      until(() -> kinds(look(node)).equals("[wake-up+, signal+]"));

      await(node.ports().agenda().remove(errand, List.of(Agenda.OPERATIONS)));
      assertThat(look(node).failing()).get().extracting(Proof::kind).isEqualTo("wake-up");
      sweep(node);
      until(() -> events(node).contains("stalled"));
      History.Past stalled = await(node.history().at(operation, Long.MAX_VALUE));
      assertThat(stalled.summary().path("stalled").asBoolean()).isTrue();
      assertThat(stalled.view().path("explain").findValuesAsText("kind"))
          .containsExactly("stalled", "signal");
      until(() -> look(node).failing().isEmpty()); // its row is there again
      long version = look(node).version();

      assertThat(
              await(
                  node.entities()
                      .signal(
                          errand,
                          Errand.OPERATION,
                          new Operation.Command.Approve("go", null),
                          TEST)))
          .isInstanceOf(Reply.Applied.class);
      until(() -> state(node).equals("done"));
      assertThat(events(node)).filteredOn("stalled"::equals).hasSize(1);
      assertThat(await(node.history().at(operation, Long.MAX_VALUE)).version())
          .isGreaterThan(version);
    }
  }

  @Test
  void anAttemptHoldsWhereItRunsAndNotOnANodeThatIsGone() throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch end = new CountDownLatch(1);
    Step slow =
        Errand.step(
            "slow",
            () -> {
              begun.countDown();
              end.await();
              return StepResult.done();
            });
    try (TestSystem node = start(Errand.operation("1.0.0", List.of(slow)))) {
      node.applied(errand, new Errand.Command.Send(), TEST);
      begun.await();
      until(() -> kinds(look(node)).equals("[wake-up+, attempt+]"));
      assertThat(kinds(await(proofs(node, Set.of("another")).of(operation))))
          .isEqualTo("[wake-up+, attempt-]");
      end.countDown();
      until(() -> !look(node).live());
    }
  }

  @Test
  void anOperationOfAnUnknownVersionIsStrandedAndGoesOnByItselfWhenANodeKnowsIt() {
    Step first =
        Errand.step(
            "first",
            () ->
                StepResult.notNow(Duration.ofMillis(1), Problem.unavailable("not-yet", "not yet")));
    try (TestSystem node = start(Errand.operation("1.0.0", List.of(first)))) {
      node.applied(errand, new Errand.Command.Send(), TEST);
      until(() -> events(node).contains("step-deferred"));
    }
    try (TestSystem node = start(Errand.operation("2.0.0", List.of(GATE)))) {
      node.applied(errand, new Errand.Command.Note(), TEST); // wakes it
      until(() -> state(node).equals("stranded"));
      assertThat(look(node).stranded()).isTrue();
      assertThat(look(node).failing()).isEmpty();
      int written = events(node).size();
      node.applied(errand, new Errand.Command.Note(), TEST);
      assertThat(events(node)).as("it costs no event to stay stranded").hasSize(written);
    }
    Step mended = Errand.step("first", StepResult::done);
    try (TestSystem node = start(Errand.operation("1.0.0", List.of(mended)))) {
      sweep(node); // nobody asks for it
      until(() -> state(node).equals("done"));
    }
  }
}
