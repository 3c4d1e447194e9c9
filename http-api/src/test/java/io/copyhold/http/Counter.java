package io.copyhold.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
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

/**
 * An entity with an operation that waits for an approval, for the routes that every kind shares.
 */
public record Counter(int value, boolean working) {
  public sealed interface Command {
    record Work() implements Command {}

    record Settle(String outcome) implements Command {}
  }

  public sealed interface Event {
    record Began() implements Event {}

    record Ended(String outcome) implements Event {}
  }

  public record Input(int value) {}

  public static final EntityType<Counter, Command, Event> TYPE =
      new EntityType<>() {
        private final StoredTypes stored =
            StoredTypes.of("counter", Counter.class)
                .event("began", Event.Began.class)
                .event("ended", Event.Ended.class)
                .command("work", Command.Work.class)
                .command("settle", Command.Settle.class);

        @Override
        public String name() {
          return "counter";
        }

        @Override
        public Counter initial() {
          return new Counter(0, false);
        }

        @Override
        public Decision<Event> decide(Counter state, Command command, Instant now) {
          return switch (command) {
            case Command.Work _ ->
                state.working ? Decision.accept() : Decision.accept(new Event.Began());
            case Command.Settle(var outcome) -> Decision.accept(new Event.Ended(outcome));
          };
        }

        @Override
        public Counter evolve(Counter state, Event event) {
          return switch (event) {
            case Event.Began _ -> new Counter(state.value + 1, true);
            case Event.Ended _ -> new Counter(state.value, false);
          };
        }

        @Override
        public StoredTypes stored() {
          return stored;
        }

        @Override
        public boolean exists(Counter state) {
          return state.value > 0;
        }

        @Override
        public JsonNode summary(Counter state) {
          ObjectNode node = Mappers.JSON.createObjectNode();
          node.put("state", state.working ? "working" : "idle").put("value", state.value);
          return state.working ? node.put("operation", "count/" + state.value) : node;
        }

        @Override
        public List<OperationRequest> operations(Counter state) {
          return state.working
              ? List.of(
                  new OperationRequest("count/" + state.value, "count", new Input(state.value)))
              : List.of();
        }

        @Override
        public Optional<Command> settle(Counter state, String operation, Outcome outcome) {
          return Optional.of(new Command.Settle(outcome.getClass().getSimpleName()));
        }
      };

  /** One step that works at once, and one that waits for the signal "go". */
  public static final OperationType<Input> COUNT =
      new OperationType<>() {
        @Override
        public String name() {
          return "count";
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
          return List.of(
              new Named("prepare", StepResult.done()),
              new Named("wait", StepResult.gate("go", "may it go on?")));
        }
      };

  record Named(String name, StepResult result) implements Step {
    @Override
    public StepResult run(StepContext step) {
      return result;
    }
  }
}
