package io.copyhold.runtime.operation;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.entity.Decision;
import io.copyhold.runtime.entity.EntityType;
import io.copyhold.runtime.entity.OperationRequest;
import io.copyhold.runtime.entity.Outcome;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.journal.StoredTypes;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;

/** A small entity that owns one operation of one step that does what its node's test says. */
public record Errand(String state, int notes) {
  public static final String OPERATION = "errand/1";

  public sealed interface Command {
    record Send() implements Command {}

    record Settle(String outcome) implements Command {}

    record Note() implements Command {}
  }

  public sealed interface Event {
    record Sent() implements Event {}

    record Settled(String outcome) implements Event {}

    record Noted() implements Event {}
  }

  public record Input(String text) {}

  public static final EntityType<Errand, Command, Event> TYPE =
      new EntityType<>() {
        private final StoredTypes stored =
            StoredTypes.of("errand", Errand.class)
                .event("sent", Event.Sent.class)
                .event("settled", Event.Settled.class)
                .event("noted", Event.Noted.class)
                .command("send", Command.Send.class)
                .command("settle", Command.Settle.class)
                .command("note", Command.Note.class);

        @Override
        public String name() {
          return "errand";
        }

        @Override
        public Errand initial() {
          return new Errand("absent", 0);
        }

        @Override
        public Decision<Event> decide(Errand errand, Command command, Instant now) {
          return switch (command) {
            case Command.Send _ ->
                errand.state.equals("absent")
                    ? Decision.accept(new Event.Sent())
                    : Decision.accept();
            case Command.Settle(var outcome) ->
                errand.state.equals("running")
                    ? Decision.accept(new Event.Settled(outcome))
                    : Decision.accept();
            case Command.Note _ -> Decision.accept(new Event.Noted());
          };
        }

        @Override
        public Errand evolve(Errand errand, Event event) {
          return switch (event) {
            case Event.Sent _ -> new Errand("running", errand.notes);
            case Event.Settled(var outcome) -> new Errand(outcome, errand.notes);
            case Event.Noted _ -> new Errand(errand.state, errand.notes + 1);
          };
        }

        @Override
        public StoredTypes stored() {
          return stored;
        }

        @Override
        public boolean exists(Errand errand) {
          return !errand.state.equals("absent");
        }

        @Override
        public JsonNode summary(Errand errand) {
          return Mappers.JSON
              .createObjectNode()
              .put("state", errand.state)
              .put("notes", errand.notes);
        }

        @Override
        public List<OperationRequest> operations(Errand errand) {
          return errand.state.equals("running")
              ? List.of(new OperationRequest(OPERATION, "errand", new Input("go")))
              : List.of();
        }

        @Override
        public Optional<Command> settle(Errand errand, String operation, Outcome outcome) {
          return Optional.of(
              new Command.Settle(outcome instanceof Outcome.Done ? "done" : "not-done"));
        }
      };

  /** An operation of these steps, each of which returns what it is told to. */
  public static OperationType<Input> operation(String version, List<Step> steps) {
    return new OperationType<>() {
      @Override
      public String name() {
        return "errand";
      }

      @Override
      public String version() {
        return version;
      }

      @Override
      public Class<Input> input() {
        return Input.class;
      }

      @Override
      public List<Step> steps(Input input) {
        return steps;
      }
    };
  }

  /** A step of that name. */
  public static Step step(String name, Callable<StepResult> body) {
    return new Step() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public StepResult run(StepContext step) throws Exception {
        return body.call();
      }
    };
  }
}
