package io.copyhold.runtime;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a class that may touch the machine itself: the wall clock, randomness, threads.
 *
 * <p>Everything else is handed a {@link java.time.InstantSource}, a {@link
 * java.util.random.RandomGenerator} or an {@link java.util.concurrent.Executor}, so that a seeded
 * simulation can drive it. An architecture test holds every class to this that neither carries this
 * annotation (itself, or a class around it) nor lives in a package called {@code adapter}. Main
 * classes and the supervisor of processes carry it; an entity, an operation or a step never does.
 */
@Documented
@Retention(RetentionPolicy.CLASS)
@Target(ElementType.TYPE)
public @interface PortAdapter {}
