package io.copyhold.runtime.operation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.operation.Operation.Running;
import io.copyhold.runtime.operation.Operation.StepState;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** The context of one attempt. Used by the step's thread and, to stop it, by the actor's. */
final class LiveStep implements StepContext {
  /** What the step last said of its progress. */
  record Progress(long done, long total, @Nullable JsonNode checkpoint) {}

  private final EntityRef operation;
  private final EntityRef owner;
  private final Running running;
  private final StepState step;
  private final FenceToken token;
  private final Instant now;
  private final @Nullable String traceparent;
  private final Runnable progressed;
  private final AtomicReference<@Nullable Progress> progress = new AtomicReference<>();
  private final List<Runnable> cancels = new CopyOnWriteArrayList<>();
  private volatile boolean stopping;

  LiveStep(
      EntityRef operation,
      EntityRef owner,
      Running running,
      FenceToken token,
      Instant now,
      @Nullable String traceparent,
      Runnable progressed) {
    this.operation = operation;
    this.owner = owner;
    this.running = running;
    this.step = running.step();
    this.token = token;
    this.now = now;
    this.traceparent = traceparent;
    this.progressed = progressed;
  }

  long attemptNumber() {
    return token.attempt();
  }

  /** Takes what the step said since the last call; null when it said nothing. */
  @Nullable Progress takeProgress() {
    return progress.getAndSet(null);
  }

  void requestStop() {
    stopping = true;
    cancels.forEach(Runnable::run);
  }

  @Override
  public EntityRef operation() {
    return operation;
  }

  @Override
  public EntityRef owner() {
    return owner;
  }

  @Override
  public String key() {
    return key(operation, running);
  }

  static String key(EntityRef operation, Running running) {
    return Operation.key(operation, running);
  }

  @Override
  public FenceToken token() {
    return token;
  }

  @Override
  public int attempt() {
    return step.attempts();
  }

  @Override
  public int iteration() {
    return step.iteration();
  }

  @Override
  public Instant now() {
    return now;
  }

  @Override
  public @Nullable String traceparent() {
    return traceparent;
  }

  @Override
  public Optional<JsonNode> checkpoint() {
    return Optional.ofNullable(step.checkpoint());
  }

  @Override
  public JsonNode data(String name) {
    for (StepState other : running.steps()) {
      if (other.name().equals(name)) {
        return other.data() == null ? MissingNode.getInstance() : other.data();
      }
    }
    throw new IllegalArgumentException("no step named " + name + " in " + running.plan().type());
  }

  @Override
  public void progress(long done, long total, @Nullable Object checkpoint) {
    JsonNode tree = checkpoint == null ? null : Mappers.JSON.valueToTree(checkpoint);
    Progress before =
        progress.getAndAccumulate(
            new Progress(done, total, tree),
            (old, fresh) ->
                fresh == null || fresh.checkpoint() != null || old == null
                    ? fresh
                    : new Progress(fresh.done(), fresh.total(), old.checkpoint()));
    if (before == null) {
      progressed.run();
    }
  }

  @Override
  public boolean stopping() {
    return stopping;
  }

  @Override
  public AutoCloseable onStop(Runnable cancel) {
    cancels.add(cancel);
    if (stopping) {
      cancel.run();
    }
    return () -> cancels.remove(cancel);
  }
}
