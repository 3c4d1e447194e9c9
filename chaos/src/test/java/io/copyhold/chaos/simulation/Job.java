package io.copyhold.chaos.simulation;

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

/** A small entity that owns one operation, for tests of the engine. */
record Job(String state, String input) {
  sealed interface Command {
    record Start(String input) implements Command {}

    record Settle(String outcome) implements Command {}

    record Note(String text) implements Command {}
  }

  sealed interface Event {
    record Started(String input) implements Event {}

    record Settled(String outcome) implements Event {}

    record Noted(String text) implements Event {}
  }

  record Input(String text) {}

  static final EntityType<Job, Command, Event> TYPE =
      new EntityType<>() {
        private final StoredTypes stored =
            StoredTypes.of("job", Job.class)
                .event("started", Event.Started.class)
                .event("settled", Event.Settled.class)
                .event("noted", Event.Noted.class)
                .command("start", Command.Start.class)
                .command("settle", Command.Settle.class)
                .command("note", Command.Note.class);

        @Override
        public String name() {
          return "job";
        }

        @Override
        public Job initial() {
          return new Job("absent", "");
        }

        @Override
        public Decision<Event> decide(Job job, Command command, Instant now) {
          return switch (command) {
            case Command.Start(var input) ->
                job.state.equals("absent")
                    ? Decision.accept(new Event.Started(input))
                    : job.input.equals(input)
                        ? Decision.accept()
                        : Decision.refuse("job-exists", "started with other input");
            case Command.Settle(var outcome) ->
                job.state.equals("running")
                    ? Decision.accept(new Event.Settled(outcome))
                    : Decision.accept();
            case Command.Note(var text) -> Decision.accept(new Event.Noted(text));
          };
        }

        @Override
        public Job evolve(Job job, Event event) {
          return switch (event) {
            case Event.Started(var input) -> new Job("running", input);
            case Event.Settled(var outcome) -> new Job(outcome, job.input);
            case Event.Noted _ -> job;
          };
        }

        @Override
        public StoredTypes stored() {
          return stored;
        }

        @Override
        public boolean exists(Job job) {
          return !job.state.equals("absent");
        }

        @Override
        public JsonNode summary(Job job) {
          return Mappers.JSON.createObjectNode().put("state", job.state);
        }

        @Override
        public List<OperationRequest> operations(Job job) {
          return job.state.equals("running")
              ? List.of(new OperationRequest("work/1", "work", new Input(job.input)))
              : List.of();
        }

        @Override
        public Optional<Command> settle(Job job, String operation, Outcome outcome) {
          return Optional.of(
              new Command.Settle(
                  switch (outcome) {
                    case Outcome.Done _ -> "done";
                    case Outcome.Undone _ -> "undone";
                    case Outcome.FailedInRollback _ -> "stuck";
                    case Outcome.Cancelled _ -> "cancelled";
                  }));
        }
      };
}
