package io.copyhold.chaos.architecture.planted.runtime.clock;

/** Says nothing. */
record ClockManager() {}
