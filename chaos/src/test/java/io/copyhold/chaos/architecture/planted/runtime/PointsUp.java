package io.copyhold.chaos.architecture.planted.runtime;

import io.copyhold.chaos.architecture.planted.tenants.Actorish;

/** The lowest module knows a higher one. */
record PointsUp(Actorish tenant) {}
