package io.copyhold.runtime.operation;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.entity.EntityBehavior;
import io.copyhold.runtime.entity.EntityType;
import io.copyhold.runtime.entity.History;
import io.copyhold.runtime.entity.Message;
import io.copyhold.runtime.entity.Ports;
import io.copyhold.runtime.entity.Reactor;
import io.copyhold.runtime.journal.Codec;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;

/**
 * The engine of a node: gives every entity the reactor that keeps its wanted operations running.
 */
public final class Operations {
  private final OperationTypes types;
  private final Codec codec;
  private final History history;

  public Operations(OperationTypes types, Codec codec, History history) {
    this.types = types;
    this.codec = codec;
    this.history = history;
  }

  /**
   * For {@link EntityBehavior#create}: runs what {@code type.operations(state)} wants, and its
   * agenda rows.
   */
  public <S> Reactor.Factory<S> reactor(EntityType<S, ?, ?> type) {
    return shell -> new WantedReactor<>(type, shell, this);
  }

  OperationTypes types() {
    return types;
  }

  History history() {
    return history;
  }

  Codec codec() {
    return codec;
  }

  /** The actor of one operation, a child of its owner's actor. */
  Behavior<Message> behavior(
      EntityRef owner, String id, ActorRef<Message> ownerActor, Ports ports) {
    EntityRef ref = owner.operation(id);
    return EntityBehavior.create(
        OperationEntity.TYPE,
        ref,
        ports,
        codec,
        history,
        shell -> new StepRunner(shell, this, owner, id, ownerActor),
        null);
  }
}
