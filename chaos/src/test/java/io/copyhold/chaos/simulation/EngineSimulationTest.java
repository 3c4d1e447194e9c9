package io.copyhold.chaos.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.EntityTypes;
import io.copyhold.runtime.entity.Reply;
import io.copyhold.runtime.operation.FenceToken;
import io.copyhold.runtime.operation.Operation;
import io.copyhold.runtime.operation.OperationEntity;
import io.copyhold.runtime.operation.OperationType;
import io.copyhold.runtime.operation.OperationTypes;
import io.copyhold.runtime.operation.Step;
import io.copyhold.runtime.operation.StepContext;
import io.copyhold.runtime.operation.StepResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The engine under a seeded crash at every point of a small operation. */
final class EngineSimulationTest {
  private static final EntityRef JOB = new EntityRef("job", "one");
  private static final Duration LIMIT = Duration.ofMinutes(10);

  /** A store that checks tokens and applies each key once, as a home does. */
  private static final class Ledger {
    private final Map<String, Integer> applied = new HashMap<>();
    private final List<String> order = new ArrayList<>();
    private FenceToken highest = new FenceToken(0, 0);

    StepResult apply(StepContext step, String what) {
      if (step.token().compareTo(highest) < 0) {
        return StepResult.notNow(
            Duration.ZERO, Problem.unavailable("stale-token", "a later attempt was here"));
      }
      highest = step.token();
      if (applied.merge(step.key(), 1, Integer::sum) == 1) {
        order.add(what);
      } else {
        applied.put(step.key(), 1);
      }
      return StepResult.done();
    }
  }

  /** Three steps: an effect, a call to another entity, an effect that may be over. */
  private record Work(Ledger ledger) implements OperationType<Job.Input> {
    @Override
    public String name() {
      return "work";
    }

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
      return List.of(
          new Effect(ledger, "first", false),
          new CallNeighbour(),
          new Effect(ledger, "last", input.text().equals("fail")));
    }
  }

  private record Effect(Ledger ledger, String name, boolean over) implements Step {
    @Override
    public StepResult run(StepContext step) {
      if (over) {
        return StepResult.over(Problem.conflict("no-good", "it cannot be done"));
      }
      return ledger.apply(step, name);
    }

    @Override
    public StepResult undo(StepContext step) {
      return ledger.apply(step, "undo " + name);
    }
  }

  private record CallNeighbour() implements Step {
    @Override
    public String name() {
      return "tell";
    }

    @Override
    public StepResult run(StepContext step) {
      return StepResult.call(new EntityRef("job", "neighbour"), new Job.Command.Note("hello"));
    }
  }

  private record Run(Ledger ledger, SimWorld world, long events) {}

  private static final EntityTypes TYPES = new EntityTypes(List.of(Job.TYPE, OperationEntity.TYPE));

  /**
   * Runs the job to its end; kills the node that wrote event number {@code crashAt}, counting all
   * events.
   */
  private static Run run(long seed, String input, int crashAt, double loss) {
    Ledger ledger = new Ledger();
    SimWorld world = new SimWorld(seed, TYPES, () -> new OperationTypes(List.of(new Work(ledger))));
    world.faults(loss, loss);
    long[] events = new long[1];
    world.observe(written -> {
      if (++events[0] == crashAt) {
        world
            .loop()
            .after(
                "world",
                Duration.ZERO,
                () -> {
                  world.kill("a");
                  world.start("b");
                });
      }
    });
    world.start("a");
    var reply = world.client(JOB, new Job.Command.Start(input), "k1");
    boolean ended =
        world.run(
            () -> {
              String state = world.state(Job.TYPE, "one").state();
              return !state.equals("absent") && !state.equals("running") && reply.isDone();
            },
            LIMIT);
    assertThat(ended).as("seed %s, crash at %s: %s", seed, crashAt, operation(world)).isTrue();
    assertThat(reply.join()).isInstanceOf(Reply.Applied.class);
    world.close();
    return new Run(ledger, world, events[0]);
  }

  private static Operation operation(SimWorld world) {
    return world.state(OperationEntity.TYPE, "job/one/work/1");
  }

  @Test
  void anOperationRunsItsStepsInOrder() {
    Run run = run(1, "go", -1, 0);
    assertThat(run.ledger().order).containsExactly("first", "last");
    assertThat(run.world().state(Job.TYPE, "one").state()).isEqualTo("done");
  }

  @Test
  void anOperationThatIsOverUndoesItsStepsInReverse() {
    Run run = run(1, "fail", -1, 0);
    assertThat(run.ledger().order).containsExactly("first", "undo last", "undo first");
    assertThat(run.world().state(Job.TYPE, "one").state()).isEqualTo("undone");
  }

  @Test
  void aCrashAtEachEventChangesNoResult() {
    for (String input : List.of("go", "fail")) {
      Run clean = run(7, input, -1, 0);
      for (int crashAt = 1; crashAt <= clean.events(); crashAt++) {
        Run crashed = run(7, input, crashAt, 0);
        assertThat(crashed.ledger().order)
            .as("%s, crash at event %s", input, crashAt)
            .isEqualTo(clean.ledger().order);
      }
    }
  }

  @Test
  void lostAndRepeatedMessagesChangeNoResult() {
    for (long seed = 1; seed <= Long.getLong("copyhold.simulation.seeds", 20); seed++) {
      assertThat(run(seed, "go", (int) (seed % 9), 0.2).ledger().order)
          .as("seed %s", seed)
          .containsExactly("first", "last");
    }
  }

  @Test
  void theSameSeedGivesTheSameRun() {
    assertThat(run(42, "go", 4, 0.1).world().loop().trace())
        .isEqualTo(run(42, "go", 4, 0.1).world().loop().trace());
    assertThat(run(42, "go", 4, 0.1).world().loop().trace())
        .isNotEqualTo(run(43, "go", 4, 0.1).world().loop().trace());
  }
}
