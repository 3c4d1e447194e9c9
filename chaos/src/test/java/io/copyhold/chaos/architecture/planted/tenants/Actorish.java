package io.copyhold.chaos.architecture.planted.tenants;

import io.copyhold.chaos.architecture.planted.runtime.entity.EntityType;
import org.apache.pekko.actor.typed.ActorRef;

/** An entity whose command carries an actor. */
public interface Actorish {
  EntityType<Actorish, Ask, Happening> TYPE = new EntityType<>() {};

  record Ask(ActorRef<String> replyTo) {}
}
