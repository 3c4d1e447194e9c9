package io.copyhold.runtime.entity;

import io.copyhold.runtime.EntityRef;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/** What a {@link Reactor} gets of its entity's actor. */
public record ShellContext(
    EntityRef entity, ActorContext<Message> actor, TimerScheduler<Message> timers, Ports ports) {}
