package io.copyhold.runtime.entity;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.journal.StoredTypes;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A small entity for tests of what stands around every entity: it counts, and can be told to ring.
 */
public sealed interface Counter {
  record Absent() implements Counter {}

  record Counting(String name, long value, Optional<Instant> ringAt, int rung, String ballast)
      implements Counter {}

  sealed interface Command {
    record Create(String name) implements Command {}

    record Add(long by) implements Command {}

    record RingAt(Instant at) implements Command {}

    /** What a due alarm means. */
    record Ring(int missed) implements Command {}

    /** Makes the state bigger. */
    record Load(int characters) implements Command {}

    /** Is put off. */
    record Wait() implements Command {}
  }

  sealed interface Event {
    record Created(String name) implements Event {}

    record Added(long by) implements Event {}

    record RingSet(Instant at) implements Event {}

    record Rang(int missed) implements Event {}

    record Loaded(int characters) implements Event {}
  }

  String ALARM = "ring";

  EntityType<Counter, Command, Event> TYPE =
      new EntityType<>() {
        private final StoredTypes stored =
            StoredTypes.of("counter", Counter.class)
                .event("created", Event.Created.class)
                .event("added", Event.Added.class)
                .event("ring-set", Event.RingSet.class)
                .event("rang", Event.Rang.class)
                .event("loaded", Event.Loaded.class)
                .command("create", Command.Create.class)
                .command("add", Command.Add.class)
                .command("ring-at", Command.RingAt.class)
                .command("ring", Command.Ring.class)
                .command("load", Command.Load.class)
                .command("wait", Command.Wait.class);

        @Override
        public String name() {
          return "counter";
        }

        @Override
        public Counter initial() {
          return new Absent();
        }

        @Override
        public Decision<Event> decide(Counter state, Command command, Instant now) {
          return Counter.decide(state, command);
        }

        @Override
        public Counter evolve(Counter state, Event event) {
          return Counter.evolve(state, event);
        }

        @Override
        public StoredTypes stored() {
          return stored;
        }

        @Override
        public boolean exists(Counter state) {
          return state instanceof Counting;
        }

        @Override
        public JsonNode summary(Counter state) {
          ObjectNode node = Mappers.JSON.createObjectNode();
          switch (state) {
            case Absent _ -> node.put("state", "absent");
            case Counting c -> {
              node.put("state", c.ringAt().isPresent() ? "waiting" : "idle");
              node.put("name", c.name());
              node.put("value", c.value());
              node.put("even", c.value() % 2 == 0);
              node.put("rung", c.rung());
              node.putArray("tags").add(c.value() < 10 ? "small" : "large").add("test");
            }
          }
          return node;
        }

        @Override
        public List<Alarm> alarms(Counter state) {
          return state instanceof Counting c && c.ringAt().isPresent()
              ? List.of(new Alarm(ALARM, c.ringAt().get(), Duration.ofMinutes(10)))
              : List.of();
        }

        @Override
        public Optional<Command> alarm(Counter state, String name, int missed) {
          return Optional.of(new Command.Ring(missed));
        }
      };

  private static Decision<Event> decide(Counter state, Command command) {
    if (state instanceof Absent && !(command instanceof Command.Create)) {
      return Decision.refuse(Problem.notFound("counter-not-found", "create it first"));
    }
    return switch (command) {
      case Command.Create(var name) ->
          switch (state) {
            case Absent _ -> Decision.accept(new Event.Created(name));
            case Counting c when c.name().equals(name) -> Decision.accept();
            case Counting _ -> Decision.refuse("counter-exists", "it has another name");
          };
      case Command.Add(var by) ->
          by <= 0
              ? Decision.refuse(Problem.invalid("not-positive", "add a positive number").at("by"))
              : Decision.accept(new Event.Added(by));
      case Command.RingAt(var at) -> Decision.accept(new Event.RingSet(at));
      case Command.Ring(var missed) ->
          ((Counting) state).ringAt().isPresent()
              ? Decision.accept(new Event.Rang(missed))
              : Decision.accept();
      case Command.Load(var characters) -> Decision.accept(new Event.Loaded(characters));
      case Command.Wait _ ->
          Decision.later(Duration.ofSeconds(3), Problem.unavailable("not-yet", "not yet"));
    };
  }

  private static Counter evolve(Counter state, Event event) {
    if (state instanceof Absent && event instanceof Event.Created(var name)) {
      return new Counting(name, 0, Optional.empty(), 0, "");
    }
    if (!(state instanceof Counting c)) {
      throw new IllegalStateException(event + " after " + state);
    }
    return switch (event) {
      case Event.Created _ -> throw new IllegalStateException(event + " after " + state);
      case Event.Added(var by) ->
          new Counting(c.name(), c.value() + by, c.ringAt(), c.rung(), c.ballast());
      case Event.RingSet(var at) ->
          new Counting(c.name(), c.value(), Optional.of(at), c.rung(), c.ballast());
      case Event.Rang _ ->
          new Counting(c.name(), c.value(), Optional.empty(), c.rung() + 1, c.ballast());
      case Event.Loaded(var characters) ->
          new Counting(c.name(), c.value(), c.ringAt(), c.rung(), "x".repeat(characters));
    };
  }
}
