package io.copyhold.chaos.architecture.planted.runtime.entity;

/** Stands for the real interface. */
public interface EntityType<S, C, E> {}
