package io.copyhold.chaos.architecture.planted.runtime.one;

import io.copyhold.chaos.architecture.planted.runtime.two.Two;

/** Half of a cycle. */
public record One(Two two) {}
