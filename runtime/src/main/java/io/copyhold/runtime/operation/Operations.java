package io.copyhold.runtime.operation;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.entity.EntityBehavior;
import io.copyhold.runtime.entity.EntityType;
import io.copyhold.runtime.entity.History;
import io.copyhold.runtime.entity.Message;
import io.copyhold.runtime.entity.Ports;
import io.copyhold.runtime.entity.Reactor;
import io.copyhold.runtime.journal.Codec;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.jspecify.annotations.Nullable;

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

  /**
   * An operation's first events, stored by its owner: the first attempt is begun, under this term,
   * and its step has not run. Known to the first actor that is made for it; another one that takes
   * its place cannot know whether the step ran.
   *
   * @param version after these events
   */
  record Birth(long term, long version) {}

  OperationTypes types() {
    return types;
  }

  History history() {
    return history;
  }

  Codec codec() {
    return codec;
  }

  /**
   * The actor of one operation, a child of its owner's actor.
   *
   * @param birth null unless the owner's actor has just stored its first events
   */
  Behavior<Message> behavior(
      EntityRef owner,
      String id,
      ActorRef<Message> ownerActor,
      Ports ports,
      @Nullable Birth birth) {
    EntityRef ref = owner.operation(id);
    AtomicReference<@Nullable Birth> once = new AtomicReference<>(birth);
    return EntityBehavior.create(
        OperationEntity.TYPE,
        ref,
        ports,
        codec,
        history,
        shell -> new StepRunner(shell, this, owner, id, ownerActor, once.getAndSet(null)),
        null);
  }
}
