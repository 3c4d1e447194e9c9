package io.copyhold.runtime.entity;

/**
 * A command that compares an entity with what it owns outside, after the journal may have gone back
 * in time. It passes where all others wait for it.
 */
public interface Verifying {}
