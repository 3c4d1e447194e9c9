package io.copyhold.chaos.simulation;

/**
 * An invariant does not hold.
 *
 * @param what is wrong, as a sentence
 */
record Violation(String invariant, String what) {}
