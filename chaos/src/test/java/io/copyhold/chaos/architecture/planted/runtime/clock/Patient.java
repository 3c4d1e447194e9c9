package io.copyhold.chaos.architecture.planted.runtime.clock;

import java.time.Clock;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/** Is handed its clock, seed and executor, and keeps an interrupt. */
record Patient(InstantSource clock, Clock zoned, long seed, Executor executor) {
  Instant now() {
    return clock.instant().isAfter(Instant.now(zoned)) ? clock.instant() : Instant.EPOCH;
  }

  CompletableFuture<Integer> drawn() {
    return CompletableFuture.supplyAsync(() -> new Random(seed).nextInt(), executor);
  }

  void keepInterrupt() {
    Thread.currentThread().interrupt();
  }
}
