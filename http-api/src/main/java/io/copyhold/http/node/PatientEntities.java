package io.copyhold.http.node;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.Entities;
import io.copyhold.runtime.entity.Reply;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * What the outside asks of entities, held while their shard is on its way to another node.
 *
 * <ol>
 *   <li>A read, a dry run, and a command with an idempotency key are safe to send twice: while the
 *       cluster shifts they are sent again every {@code again}, since what was sent to a node that
 *       has just gone is lost; the first answer counts. Otherwise they are sent again after 4, 8
 *       and 16 times as long: sharding drops what it holds for a shard that moves once more.
 *   <li>"Not now" because nobody was reached is asked again, if that is safe or the command is
 *       known not to have been applied.
 *   <li>Any other answer is given at once. After {@code holdMax} the caller hears "not now".
 * </ol>
 */
@PortAdapter
final class PatientEntities implements Entities {
  /** "Not now" that concerns the way to the entity, and not the entity's own affairs. */
  private static final Set<String> ON_THE_WAY =
      Set.of("no-answer", "not-reached", "not-stored", "node-was-asleep", "too-new");

  private final Entities entities;
  private final Duration again;
  private final Duration holdMax;
  private final BooleanSupplier shifting;
  private final ScheduledExecutorService timer;

  /**
   * @param shifting whether nodes come or go just now
   */
  PatientEntities(
      Entities entities,
      Duration again,
      Duration holdMax,
      BooleanSupplier shifting,
      ScheduledExecutorService timer) {
    this.entities = entities;
    this.again = again;
    this.holdMax = holdMax;
    this.shifting = shifting;
    this.timer = timer;
  }

  @Override
  public CompletionStage<Reply> ask(EntityRef entity, Object command, Origin origin) {
    return hold(
        entity, origin.idempotencyKey() != null, () -> entities.ask(entity, command, origin));
  }

  @Override
  public CompletionStage<Reply> dryRun(EntityRef entity, Object command, Origin origin) {
    return hold(entity, true, () -> entities.dryRun(entity, command, origin));
  }

  @Override
  public CompletionStage<Reply> read(EntityRef entity) {
    return hold(entity, true, () -> entities.read(entity));
  }

  @Override
  public CompletionStage<Reply> signal(
      EntityRef owner, String operation, Object command, Origin origin) {
    return hold(
        owner,
        origin.idempotencyKey() != null,
        () -> entities.signal(owner, operation, command, origin));
  }

  @Override
  public CompletionStage<Reply> dryRunSignal(
      EntityRef owner, String operation, Object command, Origin origin) {
    return hold(owner, true, () -> entities.dryRunSignal(owner, operation, command, origin));
  }

  @Override
  public CompletionStage<Reply> wake(EntityRef entity, String name, int missed) {
    return entities.wake(entity, name, missed); // the agenda comes again by itself
  }

  private CompletionStage<Reply> hold(
      EntityRef entity, boolean safe, Supplier<CompletionStage<Reply>> send) {
    CompletableFuture<Reply> answer = new CompletableFuture<>();
    long end = System.nanoTime() + holdMax.toNanos();
    send(answer, safe, end, send);
    later(answer, () -> look(entity, answer, safe, 1, end, send));
    return answer;
  }

  private void send(
      CompletableFuture<Reply> answer,
      boolean safe,
      long end,
      Supplier<CompletionStage<Reply>> send) {
    send.get()
        .whenComplete((reply, failure) -> {
          if (failure != null) {
            answer.completeExceptionally(failure);
          } else if (reply instanceof Reply.NotNow notNow
              && ON_THE_WAY.contains(notNow.problem().code())
              && (safe || notNow.outcomeKnown())
              && System.nanoTime() + again.toNanos() - end < 0) {
            later(
                answer,
                () -> {
                  if (!answer.isDone()) {
                    send(answer, safe, end, send);
                  }
                });
          } else {
            answer.complete(reply);
          }
        });
  }

  private void look(
      EntityRef entity,
      CompletableFuture<Reply> answer,
      boolean safe,
      int looks,
      long end,
      Supplier<CompletionStage<Reply>> send) {
    if (answer.isDone()) {
      return;
    }
    if (System.nanoTime() - end >= 0) {
      answer.complete(
          new Reply.NotNow(
              Duration.ofSeconds(1),
              false,
              Problem.unavailable(
                      "no-answer", entity + " gave no answer within " + holdMax.toMillis() + " ms")
                  .todo("repeat it with the same idempotency key")));
      return;
    }
    boolean now = looks >= 4 && Integer.bitCount(looks) == 1;
    if (safe && (now || shifting.getAsBoolean())) {
      send(answer, true, end, send);
    }
    later(answer, () -> look(entity, answer, safe, looks + 1, end, send));
  }

  private void later(CompletableFuture<Reply> answer, Runnable then) {
    try {
      var _ = timer.schedule(then, again.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      answer.complete(
          new Reply.NotNow(
              Duration.ofSeconds(1),
              false,
              Problem.unavailable("stopping", "this node is stopping")));
    }
  }
}
