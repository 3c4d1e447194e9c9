package io.copyhold.runtime.entity;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.journal.StoredTypes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The verdict over an entity whose replay fails again and again, journaled beside its own stream:
 * what failed, and which events an operator said to skip.
 *
 * @param enclosed whether commands are refused now
 * @param version of the event that fails
 * @param skips versions to pass over
 * @param restored what to pass over because an operator went back to a version before it
 */
public record Quarantine(
    boolean enclosed, long version, String cause, Set<Long> skips, List<Span> restored) {
  private static final int SPANS_MAX = 256;

  public Quarantine {
    skips = Set.copyOf(skips);
    restored = List.copyOf(restored);
  }

  /**
   * Everything after one version up to another.
   *
   * @param after the version gone back to
   * @param newest the last version there was then
   */
  public record Span(long after, long newest) {
    boolean contains(long version) {
      return version > after && version <= newest;
    }
  }

  private boolean passesOver(long event) {
    return skips.contains(event) || restored.stream().anyMatch(span -> span.contains(event));
  }

  /** What is asked of it. */
  public sealed interface Command {
    /** Replay fails at {@code version}. */
    record Enclose(long version, String cause) implements Command {}

    /** An operator decides that the event {@code version} is passed over. */
    record Skip(long version) implements Command {}

    /** An operator lets it try again as it is. */
    record Retry() implements Command {}

    /**
     * An operator goes back to {@code version}: everything after it, up to {@code newest}, is
     * passed over.
     *
     * @param newest the last version there is
     */
    record Restore(long version, long newest) implements Command {}
  }

  /** What happened to it. */
  public sealed interface Event {
    record Enclosed(long version, String cause) implements Event {}

    record Skipped(long version) implements Event {}

    record Retried() implements Event {}

    record Restored(long version, long newest) implements Event {}
  }

  public static final EntityType<Quarantine, Command, Event> TYPE =
      new EntityType<>() {
        private final StoredTypes stored =
            StoredTypes.of("quarantine", Quarantine.class)
                .event("enclosed", Event.Enclosed.class)
                .event("skipped", Event.Skipped.class)
                .event("retried", Event.Retried.class)
                .event("restored", Event.Restored.class)
                .command("enclose", Command.Enclose.class)
                .command("skip", Command.Skip.class)
                .command("retry", Command.Retry.class)
                .command("restore", Command.Restore.class);

        @Override
        public String name() {
          return "quarantine";
        }

        @Override
        public Quarantine initial() {
          return new Quarantine(false, 0, "", Set.of(), List.of());
        }

        @Override
        public Decision<Event> decide(Quarantine state, Command command, Instant now) {
          return Quarantine.decide(state, command);
        }

        @Override
        public Quarantine evolve(Quarantine state, Event event) {
          return switch (event) {
            case Event.Enclosed(var version, var cause) ->
                new Quarantine(true, version, cause, state.skips, state.restored);
            case Event.Skipped(var version) -> {
              Set<Long> skips = new TreeSet<>(state.skips);
              skips.add(version);
              yield new Quarantine(false, version, state.cause, skips, state.restored);
            }
            case Event.Retried _ ->
                new Quarantine(false, state.version, state.cause, state.skips, state.restored);
            case Event.Restored(var version, var newest) -> {
              List<Span> restored = new ArrayList<>(state.restored);
              restored.add(new Span(version, newest));
              yield new Quarantine(false, state.version, state.cause, state.skips, restored);
            }
          };
        }

        @Override
        public StoredTypes stored() {
          return stored;
        }

        @Override
        public boolean exists(Quarantine state) {
          return state.version > 0;
        }

        @Override
        public JsonNode summary(Quarantine state) {
          ObjectNode node = Mappers.JSON.createObjectNode();
          node.put("state", state.enclosed ? "enclosed" : "released");
          node.put("version", state.version);
          node.put("cause", state.cause);
          return node;
        }
      };

  private static Decision<Event> decide(Quarantine state, Command command) {
    return switch (command) {
      case Command.Enclose(var version, var cause) ->
          (state.enclosed && state.version == version) || state.passesOver(version)
              ? Decision.accept()
              : Decision.accept(new Event.Enclosed(version, cause));
      case Command.Skip(var version) -> {
        if (state.skips.contains(version)) {
          yield Decision.accept();
        }
        yield state.enclosed && state.version == version
            ? Decision.accept(new Event.Skipped(version))
            : Decision.refuse(
                "not-the-failing-event",
                "replay fails at event " + state.version + ", not " + version);
      }
      case Command.Retry _ ->
          state.enclosed ? Decision.accept(new Event.Retried()) : Decision.accept();
      case Command.Restore(var version, var newest) -> restore(state, version, newest);
    };
  }

  private static Decision<Event> restore(Quarantine state, long version, long newest) {
    if (state.restored.contains(new Span(version, newest))) {
      return Decision.accept();
    }
    if (!state.enclosed) {
      return Decision.refuse("not-quarantined", "it is not in quarantine now");
    }
    if (version < 0 || version >= state.version || newest < state.version) {
      return Decision.refuse(
          "not-before-the-failing-event",
          "replay fails at event " + state.version + ": go back to a version before it");
    }
    if (state.restored.size() >= SPANS_MAX) {
      return Decision.refuse(
          "restored-too-often", "it was restored " + SPANS_MAX + " times; no more is kept");
    }
    return Decision.accept(new Event.Restored(version, newest));
  }
}
