package io.copyhold.chaos.experiment;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.Decision;
import io.copyhold.runtime.entity.EntityType;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.journal.StoredTypes;
import java.time.Instant;

/**
 * What the loss of acknowledged changes is measured with: it takes the numbers 1, 2, 3 and so on,
 * in order and each once. Whoever had number n acknowledged and is then refused n + 1 as a gap
 * knows that n is gone.
 */
public sealed interface Beacon {
  record Dark() implements Beacon {}

  /**
   * @param highest number that it took
   */
  record Lit(long highest) implements Beacon {}

  sealed interface Command {
    record Beat(long n) implements Command {}
  }

  sealed interface Event {
    record Beaten(long n) implements Event {}
  }

  EntityType<Beacon, Command, Event> TYPE =
      new EntityType<>() {
        private static final StoredTypes STORED =
            StoredTypes.of("beacon", Beacon.class)
                .command("beat", Command.Beat.class)
                .event("beaten", Event.Beaten.class);

        @Override
        public String name() {
          return "beacon";
        }

        @Override
        public Beacon initial() {
          return new Dark();
        }

        @Override
        public StoredTypes stored() {
          return STORED;
        }

        @Override
        public boolean exists(Beacon state) {
          return state instanceof Lit;
        }

        @Override
        public Decision<Event> decide(Beacon state, Command command, Instant now) {
          long highest = highest(state);
          return switch (command) {
            case Command.Beat(long n) when n > highest + 1 ->
                Decision.refuse(
                    Problem.conflict("beacon-gap", "the next number is " + (highest + 1))
                        .at("n")
                        .todo("what came after " + highest + " has been lost"));
            case Command.Beat(long n) when n <= highest -> Decision.accept();
            case Command.Beat(long n) -> Decision.accept(new Event.Beaten(n));
          };
        }

        @Override
        public Beacon evolve(Beacon state, Event event) {
          return switch (event) {
            case Event.Beaten(long n) -> new Lit(n);
          };
        }

        @Override
        public JsonNode summary(Beacon state) {
          ObjectNode node = Mappers.JSON.createObjectNode();
          return node.put("state", state instanceof Lit ? "lit" : "dark")
              .put("highest", highest(state));
        }

        private long highest(Beacon state) {
          return switch (state) {
            case Dark _ -> 0;
            case Lit(long n) -> n;
          };
        }
      };
}
