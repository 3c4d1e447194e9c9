package io.copyhold.chaos.architecture.planted.tenants;

/** The event of {@link Actorish}, in a file of its own. */
public record Happening(java.sql.Timestamp at) {}
