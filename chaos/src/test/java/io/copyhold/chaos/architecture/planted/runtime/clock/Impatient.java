package io.copyhold.chaos.architecture.planted.runtime.clock;

import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Touches the machine in each forbidden way. */
final class Impatient {
  private Impatient() {}

  static List<?> time() {
    return List.of(
        Instant.now(),
        LocalDate.now(ZoneOffset.UTC),
        Clock.systemUTC(),
        System.nanoTime(),
        System.currentTimeMillis());
  }

  static List<?> chance() {
    return List.of(
        UUID.randomUUID(),
        ThreadLocalRandom.current(),
        new Random(),
        new SecureRandom(),
        Math.random());
  }

  static Supplier<?> byReference() {
    return System::nanoTime;
  }

  static List<?> threads(CompletionStage<String> stage) throws InterruptedException {
    Thread.sleep(1);
    return List.of(
        new Thread(() -> {}),
        Thread.startVirtualThread(() -> {}),
        Thread.ofVirtual().start(() -> {}),
        Executors.newCachedThreadPool(),
        CompletableFuture.supplyAsync(() -> 1),
        stage.thenApplyAsync(String::length),
        new CompletableFuture<>().orTimeout(1, TimeUnit.SECONDS));
  }
}
