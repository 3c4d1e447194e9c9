package io.copyhold.chaos.architecture.planted.runtime.two;

import io.copyhold.chaos.architecture.planted.runtime.one.One;

/** The other half. */
public record Two(One one) {}
