package io.copyhold.chaos.bench;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.chaos.installation.Api;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.journal.Mappers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Hears over the event stream when tenants become active: so the moment is the one that an API's
 * user learns of it, and asking again and again takes nothing from what is measured.
 */
@PortAdapter
final class ActiveTenants implements AutoCloseable {
  private static final String STREAM = "/v1/events/watch?type=tenant";
  private static final String DATA = "data: ";
  private static final String ID = "id: ";

  /** Longer than any backlog of this benchmark. */
  private static final Duration LIMIT = Duration.ofMinutes(3);

  private final Api api;
  private final ConcurrentHashMap<String, CompletableFuture<Long>> waiting =
      new ConcurrentHashMap<>();
  private final CountDownLatch open = new CountDownLatch(1);
  private volatile boolean closed;

  /** Follows from now on; the API is closed with it. */
  ActiveTenants(Api api) throws InterruptedException {
    this.api = api;
    Thread.ofVirtual().name("active-tenants").start(this::follow);
    if (!open.await(LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new ProblemException(
          "stream-closed", "The event stream does not open.", "See the node's log.");
    }
  }

  /** Before the tenant is asked for. */
  void expect(String tenant) {
    waiting.put(tenant, new CompletableFuture<>());
  }

  /**
   * When the tenant became active, by {@link System#nanoTime}.
   *
   * @throws ProblemException when it could not be provisioned, or takes too long
   */
  long await(String tenant) throws InterruptedException {
    CompletableFuture<Long> moment = waiting.get(tenant);
    if (moment == null) {
      throw new IllegalStateException("not expected: " + tenant);
    }
    try {
      return moment.get(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new ProblemException(
          "not-active",
          "Tenant "
              + tenant
              + " "
              + java.util.Objects.requireNonNullElse(e.getCause(), e).getMessage(),
          "See the node's log.");
    } catch (TimeoutException e) {
      throw new ProblemException(
          "not-active",
          "Tenant " + tenant + " was not active within " + LIMIT.toMinutes() + " minutes.",
          "See the node's log.",
          e);
    } finally {
      waiting.remove(tenant);
    }
  }

  private void follow() {
    @Nullable String last = null;
    while (!closed) {
      try (Stream<String> lines = api.stream(STREAM, last)) {
        for (String line : (Iterable<String>) lines::iterator) {
          open.countDown();
          if (line.startsWith(ID)) {
            last = line.substring(ID.length());
          } else if (line.startsWith(DATA)) {
            heard(System.nanoTime(), Mappers.JSON.readTree(line.substring(DATA.length())));
          }
        }
      } catch (IOException | UncheckedIOException e) {
        // connects again, and goes on where it was
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private void heard(long now, JsonNode change) {
    CompletableFuture<Long> moment = waiting.get(change.path("id").asText());
    if (moment == null) {
      return;
    }
    switch (change.path("summary").path("state").asText()) {
      case "active" -> moment.complete(now);
      case "provisioning-failed" ->
          moment.completeExceptionally(
              new IllegalStateException("could not be provisioned: " + change.path("summary")));
      default -> {}
    }
  }

  @Override
  public void close() {
    closed = true;
    api.close();
  }
}
