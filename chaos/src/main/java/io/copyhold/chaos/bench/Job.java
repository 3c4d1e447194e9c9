package io.copyhold.chaos.bench;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.entity.Decision;
import io.copyhold.runtime.entity.EntityType;
import io.copyhold.runtime.entity.OperationRequest;
import io.copyhold.runtime.entity.Outcome;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.journal.StoredTypes;
import io.copyhold.runtime.operation.OperationType;
import io.copyhold.runtime.operation.Step;
import io.copyhold.runtime.operation.StepContext;
import io.copyhold.runtime.operation.StepResult;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The smallest entity that owns an operation: asked to, it wants one of three steps that return at
 * once, and it is done when that is done.
 */
record Job(State state) {
  enum State {
    ABSENT,
    RUNNING,
    DONE,
    FAILED
  }

  sealed interface Command {
    record Start() implements Command {}

    record Settle(boolean done) implements Command {}
  }

  sealed interface Event {
    record Started() implements Event {}

    record Settled(boolean done) implements Event {}

    /** As long as asked for: what the journal alone is measured with. */
    record Noted(String text) implements Event {}
  }

  record Input(int number) {}

  static final String OPERATION = "three-steps";
  private static final int STEPS = 3;

  static final EntityType<Job, Command, Event> TYPE =
      new EntityType<>() {
        private final StoredTypes stored =
            StoredTypes.of("job", Job.class)
                .event("started", Event.Started.class)
                .event("settled", Event.Settled.class)
                .event("noted", Event.Noted.class)
                .command("start", Command.Start.class)
                .command("settle", Command.Settle.class);

        @Override
        public String name() {
          return "job";
        }

        @Override
        public Job initial() {
          return new Job(State.ABSENT);
        }

        @Override
        public Decision<Event> decide(Job job, Command command, Instant now) {
          return switch (command) {
            case Command.Start _ ->
                job.state == State.ABSENT
                    ? Decision.accept(new Event.Started())
                    : Decision.accept();
            case Command.Settle(var done) ->
                job.state == State.RUNNING
                    ? Decision.accept(new Event.Settled(done))
                    : Decision.accept();
          };
        }

        @Override
        public Job evolve(Job job, Event event) {
          return switch (event) {
            case Event.Started _ -> new Job(State.RUNNING);
            case Event.Settled(var done) -> new Job(done ? State.DONE : State.FAILED);
            case Event.Noted _ -> job;
          };
        }

        @Override
        public StoredTypes stored() {
          return stored;
        }

        @Override
        public boolean exists(Job job) {
          return job.state != State.ABSENT;
        }

        @Override
        public JsonNode summary(Job job) {
          return Mappers.JSON.createObjectNode().put("state", job.state.toString());
        }

        @Override
        public List<OperationRequest> operations(Job job) {
          return job.state == State.RUNNING
              ? List.of(new OperationRequest("work/1", OPERATION, new Input(1)))
              : List.of();
        }

        @Override
        public Optional<Command> settle(Job job, String operation, Outcome outcome) {
          return Optional.of(new Command.Settle(outcome instanceof Outcome.Done));
        }
      };

  /** Three steps, each of which says a word that is stored. */
  static final class ThreeSteps implements OperationType<Input> {
    @Override
    public String name() {
      return OPERATION;
    }

    @Override
    public String version() {
      return "1.0.0";
    }

    @Override
    public Class<Input> input() {
      return Input.class;
    }

    @Override
    public List<Step> steps(Input input) {
      return IntStream.rangeClosed(1, STEPS).<Step>mapToObj(Trivial::new).toList();
    }
  }

  /** Its result is its number. */
  private record Trivial(int number) implements Step {
    @Override
    public String name() {
      return "step-" + number;
    }

    @Override
    public StepResult run(StepContext step) {
      return StepResult.done(number);
    }
  }
}
