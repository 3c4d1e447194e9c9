package io.copyhold.chaos.architecture.planted.runtime;

/** Stands for the real annotation. */
public @interface PortAdapter {}
