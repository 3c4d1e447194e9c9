package io.copyhold.runtime.entity;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.journal.Journaled;
import java.time.Instant;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/** What an entity's actor understands. */
public sealed interface Message {
  /** From anywhere in the cluster. */
  sealed interface Remote extends Message {
    ActorRef<Reply> replyTo();
  }

  record Ask(Object command, Origin origin, boolean dryRun, ActorRef<Reply> replyTo)
      implements Remote {}

  record Read(ActorRef<Reply> replyTo) implements Remote {}

  /** A command for the operation {@code operation} of this entity. */
  record Signal(
      String operation, Object command, Origin origin, boolean dryRun, ActorRef<Reply> replyTo)
      implements Remote {}

  /**
   * @param due the row's, where it was a row that came due by the agenda's time; null otherwise
   */
  record Wake(String name, int missed, @Nullable Instant due, ActorRef<Reply> replyTo)
      implements Remote {
    public Wake(String name, int missed, ActorRef<Reply> replyTo) {
      this(name, missed, null, replyTo);
    }
  }

  /** Asks what really runs of the operation {@code operation}; its runner answers. */
  record Prove(String operation, ActorRef<Reply> replyTo) implements Remote {}

  /** Sharding or the shell itself asks the actor to end, after what runs has come to a stop. */
  enum Stop implements Message {
    INSTANCE
  }

  /** Within the node: never serialized. */
  sealed interface Local extends Message {}

  /**
   * The agenda rows that {@code waiting} needs are durable, or {@code failure} says why not.
   *
   * @param now when it was decided: deciding again at the same time wants the same rows
   */
  record RowsDurable(Ask waiting, Instant now, @Nullable Throwable failure) implements Local {}

  /** Nothing came for a while. */
  enum Idle implements Local {
    INSTANCE
  }

  /** An operation of this entity ended; repeated until an event is journaled. */
  record OperationEnded(String operation, Outcome outcome) implements Local {}

  /**
   * An operation is about to end, and its last events may be stored together with what its owner
   * makes of that. Repeated until {@link EndStored} or {@link EndAlone} is told to {@code actor}.
   *
   * @param end the operation's events, from its next version on
   */
  record OperationEnding(
      String operation, Outcome outcome, Journaled.Attached end, ActorRef<Message> actor)
      implements Local {}

  /** The owner stored the operation's last events; nothing is left to do. */
  enum EndStored implements Local {
    INSTANCE
  }

  /** The owner has nothing to store: the operation stores its last events itself. */
  enum EndAlone implements Local {
    INSTANCE
  }

  /** The owner has not answered yet. */
  enum OfferEnd implements Local {
    INSTANCE
  }

  /**
   * An operation waits without need of a thread or an actor until {@code until} (null: for a
   * signal).
   */
  record OperationParked(String operation, @Nullable Instant until) implements Local {}

  record OperationUnparked(String operation) implements Local {}

  /**
   * An operation's actor is there and knows no plan: its start was lost. Repeated until it is told.
   */
  record OperationAwaited(String operation) implements Local {}

  /** Anything that a {@link Reactor} sends to itself. */
  record Reaction(Object content) implements Local {}

  /** A quarantined entity is let go. */
  record Released(JsonNode why) implements Local {}
}
