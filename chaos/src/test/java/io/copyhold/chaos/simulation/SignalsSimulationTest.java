package io.copyhold.chaos.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.IntNode;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.EntityTypes;
import io.copyhold.runtime.entity.Reply;
import io.copyhold.runtime.operation.Explanation;
import io.copyhold.runtime.operation.Operation;
import io.copyhold.runtime.operation.Operation.Command;
import io.copyhold.runtime.operation.Operation.Running;
import io.copyhold.runtime.operation.Operation.Wait;
import io.copyhold.runtime.operation.OperationEntity;
import io.copyhold.runtime.operation.OperationType;
import io.copyhold.runtime.operation.OperationTypes;
import io.copyhold.runtime.operation.RetryPolicy;
import io.copyhold.runtime.operation.Step;
import io.copyhold.runtime.operation.StepContext;
import io.copyhold.runtime.operation.StepResult;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What people and other operations can do to a running operation. */
final class SignalsSimulationTest {
  private static final EntityRef JOB = new EntityRef("job", "one");
  private static final String WORK = "work/1";
  private static final EntityTypes TYPES = new EntityTypes(List.of(Job.TYPE, OperationEntity.TYPE));
  private static final Duration LIMIT = Duration.ofHours(2);

  private final List<String> did = new ArrayList<>();
  private SimWorld world = new SimWorld(0, TYPES, () -> new OperationTypes(List.of()));

  /** A step from two functions. */
  private record Scripted(
      String name,
      Repeat repeat,
      RetryPolicy retry,
      Function<StepContext, StepResult> body,
      Function<StepContext, StepResult> undoing)
      implements Step {
    @Override
    public StepResult run(StepContext step) {
      return body.apply(step);
    }

    @Override
    public StepResult undo(StepContext step) {
      return undoing.apply(step);
    }
  }

  /** An operation of scripted steps. */
  private record Script(String name, List<Step> all) implements OperationType<Job.Input> {
    @Override
    public String version() {
      return "1.0.0";
    }

    @Override
    public Class<Job.Input> input() {
      return Job.Input.class;
    }

    @Override
    public List<Step> steps(Job.Input input) {
      return all;
    }
  }

  private Step step(String name, Function<StepContext, StepResult> body) {
    return new Scripted(name, Step.Repeat.SAFE, RetryPolicy.DEFAULT, body, _ -> undone(name));
  }

  private StepResult undone(String name) {
    did.add("undo " + name);
    return StepResult.done();
  }

  private StepResult done(String what) {
    did.add(what);
    return StepResult.done();
  }

  private void start(OperationType<?>... operations) {
    world.close();
    world = new SimWorld(5, TYPES, () -> new OperationTypes(List.of(operations)));
    world.start("a");
    world.client(JOB, new Job.Command.Start("x"), "k1");
  }

  private Operation operation() {
    return world.state(OperationEntity.TYPE, "job/one/work/1");
  }

  private void until(Predicate<Operation> reached) {
    assertThat(world.run(() -> reached.test(operation()), LIMIT)).as("%s", operation()).isTrue();
  }

  private void untilWaiting(Class<? extends Wait> kind) {
    until(o -> o instanceof Running r && kind.isInstance(r.waiting()));
  }

  private void untilState(String state) {
    assertThat(world.run(() -> world.state(Job.TYPE, "one").state().equals(state), LIMIT))
        .as("%s", operation())
        .isTrue();
  }

  private Reply signal(Command command) {
    var reply = world.signal(JOB, WORK, command, "s" + did.size() + command);
    assertThat(world.run(reply::isDone, LIMIT)).isTrue();
    return reply.join();
  }

  @AfterEach
  void close() {
    world.close();
  }

  @Test
  void aGateWaitsForItsSignalAcrossACrash() {
    start(
        new Script(
            "work",
            List.of(
                step("ask", _ -> StepResult.gate("go", "may it?")),
                step("act", _ -> done("act")))));
    untilWaiting(Wait.Gate.class);
    assertThat(Explanation.of(operation()).getLast().text()).contains("waits for \"go\": may it?");
    world.kill("a");
    world.start("b");
    assertThat(signal(new Command.Approve("other", null))).isInstanceOf(Reply.Refused.class);
    assertThat(did).isEmpty();
    assertThat(signal(new Command.Approve("go", null))).isInstanceOf(Reply.Applied.class);
    untilState("done");
    assertThat(did).containsExactly("act");
  }

  @Test
  void aPausedOperationStartsNoStepUntilResumed() {
    start(
        new Script(
            "work",
            List.of(step("ask", _ -> StepResult.gate("go", "?")), step("act", _ -> done("act")))));
    untilWaiting(Wait.Gate.class);
    signal(new Command.Pause());
    signal(new Command.Approve("go", null));
    untilWaiting(Wait.Ready.class);
    world.run(() -> false, Duration.ofMinutes(5));
    assertThat(did).isEmpty();
    assertThat(Explanation.of(operation()).getFirst().kind()).isEqualTo("paused");
    signal(new Command.Resume());
    untilState("done");
  }

  @Test
  void cancelUndoesWhatWasDone() {
    start(
        new Script(
            "work",
            List.of(step("one", _ -> done("one")), step("ask", _ -> StepResult.gate("go", "?")))));
    untilWaiting(Wait.Gate.class);
    signal(new Command.Cancel());
    untilState("cancelled");
    assertThat(did).containsExactly("one", "undo ask", "undo one");
  }

  @Test
  void aFailingStepIsTriedAgainWithGrowingWaitsAndThenUndone() {
    Step flaky =
        new Scripted(
            "flaky",
            Step.Repeat.SAFE,
            new RetryPolicy(4, Duration.ofSeconds(1), Duration.ofMinutes(1)),
            s -> {
              did.add("try " + s.attempt());
              return StepResult.notNow(Duration.ZERO, Problem.unavailable("down", "it is down"));
            },
            _ -> undone("flaky"));
    start(new Script("work", List.of(step("one", _ -> done("one")), flaky)));
    untilState("undone");
    assertThat(did)
        .containsExactly("one", "try 1", "try 2", "try 3", "try 4", "undo flaky", "undo one");
  }

  @Test
  void retryEndsTheWait() {
    int[] tries = new int[1];
    start(
        new Script(
            "work",
            List.of(
                step(
                    "slow",
                    _ ->
                        ++tries[0] == 1
                            ? StepResult.notNow(
                                Duration.ofHours(1), Problem.unavailable("busy", "come back later"))
                            : done("slow")))));
    untilWaiting(Wait.Until.class);
    var before = world.loop().now();
    signal(new Command.Retry());
    untilState("done");
    assertThat(Duration.between(before, world.loop().now())).isLessThan(Duration.ofMinutes(1));
  }

  @Test
  void aRepeatingStepGoesOnFromItsCheckpointAfterACrash() {
    List<String> keys = new ArrayList<>();
    start(
        new Script(
            "work",
            List.of(
                step(
                    "count",
                    s -> {
                      int n = s.checkpoint().map(c -> c.asInt()).orElse(0);
                      keys.add(s.key());
                      did.add("chunk " + n);
                      return n == 5
                          ? StepResult.done(IntNode.valueOf(n))
                          : StepResult.again(
                              IntNode.valueOf(n + 1), Duration.ofSeconds(20), n + 1, 5);
                    }))));
    until(o ->
        o instanceof Running r
            && r.waiting() instanceof Wait.Until
            && r.steps().getFirst().iteration() == 3);
    world.kill("a");
    world.start("b");
    untilState("done");
    assertThat(did)
        .containsExactly("chunk 0", "chunk 1", "chunk 2", "chunk 3", "chunk 4", "chunk 5");
    assertThat(keys).doesNotHaveDuplicates();
  }

  @Test
  void aStepThatCannotBeRepeatedIsParkedForAPersonAfterACrash() {
    Step once =
        new Scripted(
            "once",
            Step.Repeat.NEITHER,
            RetryPolicy.DEFAULT,
            _ -> {
              world.kill("a");
              return done("once");
            },
            _ -> undone("once"));
    start(new Script("work", List.of(once, step("after", _ -> done("after")))));
    world.run(() -> !world.alive("a"), LIMIT);
    world.start("b");
    untilWaiting(Wait.Choice.class);
    assertThat(Explanation.of(operation()).getLast().kind()).isEqualTo("person");
    signal(new Command.Choose(true));
    untilState("done");
    assertThat(did).containsExactly("once", "after");
  }

  @Test
  void aChildOperationsOutcomeIsItsStepsOutcome() {
    start(
        new Script(
            "work",
            List.of(
                step("child", _ -> StepResult.run("inner", new Job.Input("y"))),
                step("after", _ -> done("after")))),
        new Script("inner", List.of(step("in", _ -> done("in")))));
    untilState("done");
    assertThat(did).containsExactly("in", "after");
  }

  @Test
  void aChildThatIsUndoneFailsItsParent() {
    start(
        new Script(
            "work",
            List.of(
                step("one", _ -> done("one")),
                step("child", _ -> StepResult.run("inner", new Job.Input("y"))))),
        new Script(
            "inner", List.of(step("in", _ -> StepResult.over(Problem.conflict("no", "never"))))));
    untilState("undone");
    assertThat(did).containsExactly("one", "undo in", "undo child", "undo one");
  }

  @Test
  void anUndoThatIsOverEndsVisiblyAndCanBeTakenUpAgain() {
    boolean[] fixed = new boolean[1];
    Step stuck =
        new Scripted(
            "stuck",
            Step.Repeat.SAFE,
            RetryPolicy.DEFAULT,
            _ -> StepResult.over(Problem.conflict("no", "never")),
            _ ->
                fixed[0]
                    ? undone("stuck")
                    : StepResult.over(Problem.conflict("wedged", "cannot undo")));
    start(new Script("work", List.of(stuck)));
    untilState("stuck");
    assertThat(operation().toString()).contains("wedged");
  }

  @Test
  void anOperationOfAnUnknownPlanIsStrandedAndSaysSo() {
    start(
        new Script(
            "work",
            List.of(step("ask", _ -> StepResult.gate("go", "?")), step("act", _ -> done("act")))));
    untilWaiting(Wait.Gate.class);
    world.kill("a");
    SimWorld old = world;
    old.startWith(
        "b",
        new OperationTypes(List.of(new Script("work", List.of(step("other", _ -> done("x")))))));
    signal(new Command.Approve("go", null));
    untilWaiting(Wait.Definition.class);
    assertThat(Explanation.of(operation()).getLast().text()).contains("cannot run work 1.0.0");
    old.kill("b");
    old.start("c");
    untilState("done");
  }

  /** A step whose work, forward and backward, is done by another entity. */
  private static Step calling(String name) {
    return new Scripted(
        name,
        Step.Repeat.SAFE,
        RetryPolicy.DEFAULT,
        _ -> StepResult.call(new EntityRef("job", "neighbour"), new Job.Command.Note("take")),
        _ -> StepResult.call(new EntityRef("job", "neighbour"), new Job.Command.Note("give")));
  }

  @Test
  void aCancelledOperationUndoesAStepThatAsksOthers() {
    start(
        new Script(
            "work", List.of(calling("place"), step("ask", _ -> StepResult.gate("go", "may it?")))));
    untilWaiting(Wait.Gate.class);
    signal(new Command.Cancel());
    untilState("cancelled");
  }

  @Test
  void everyVersionOfAnOperationCanBeLookedAt() {
    start(
        new Script("work", List.of(calling("place"), step("act", _ -> done("act")))),
        new Script("inner", List.of()));
    untilState("done");
    Operation past = OperationEntity.TYPE.initial();
    int versions = 0;
    for (SimDisk.Row row : world.disk().rows("operation|job/one/work/1").values()) {
      past =
          OperationEntity.TYPE.evolve(
              past,
              (Operation.Event) TYPES.codec().decodeEvent(row.manifest(), row.bytes()).event());
      assertThat(OperationEntity.TYPE.view(past).path("explain").isArray()).isTrue();
      versions++;
    }
    assertThat(versions).isGreaterThan(5);
  }

  @Test
  void aClockThatIsSetBackDelaysAnOperationAndNoMore() {
    for (int after = 0; after < 40; after++) {
      did.clear();
      start(
          new Script(
              "work",
              List.of(
                  step(
                      "wait",
                      s ->
                          s.iteration() == 0
                              ? StepResult.again(Map.of(), Duration.ofSeconds(4), 0, 0)
                              : done("waited")))));
      untilWaiting(Wait.Until.class);
      Instant due = ((Wait.Until) ((Running) operation()).waiting()).due();
      world.run(() -> !world.loop().now().isBefore(due), LIMIT);
      world.loop().runSteps(after, Duration.ofSeconds(1));
      world.loop().skew("a", Duration.ofMinutes(-50));
      untilState("done");
    }
  }
}
