package io.copyhold.runtime.operation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.entity.Digest;
import io.copyhold.runtime.entity.EntityWorld;
import io.copyhold.runtime.entity.Outcome;
import io.copyhold.runtime.entity.Reply;
import io.copyhold.runtime.journal.Mappers;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Drives the steps of one operation without actors, with the engine's rules: same key and rising
 * token per attempt, iterations, calls until answered, retries by policy, undo in reverse. {@link
 * Crash#EVERYWHERE} lets every attempt happen twice, as after a crash between effect and
 * completion: first with its result lost, then again.
 */
public final class StepHarness {
  private static final int DATA_BYTES_MAX = 16 * 1024;
  private static final int ROUNDS_MAX = 20_000;

  /** What goes wrong. */
  public enum Crash {
    NEVER,
    EVERYWHERE
  }

  /** What a forward run came to. */
  public sealed interface Result {
    record Done(Map<String, JsonNode> data) implements Result {}

    /**
     * @param step where it was over
     */
    record Over(String step, Problem problem) implements Result {}

    /**
     * @param gate that waits for approval; go on with {@link #forward}
     */
    record Waiting(String gate) implements Result {}
  }

  private final EntityRef owner;
  private final EntityRef operation;
  private final EntityWorld world;
  private final Crash crash;
  private final long term;
  private final List<Step> steps;
  private final List<StepRun> runs = new ArrayList<>();
  private final StringBuilder journal = new StringBuilder();
  private Consumer<Duration> whenWaiting;
  private int current;
  private long attempts;

  /** One step's memory, as the engine keeps it. */
  private static final class StepRun {
    private int attempts;
    private int iteration;
    private boolean begun;
    private @Nullable JsonNode checkpoint;
    private @Nullable JsonNode data;
  }

  private <I> StepHarness(
      OperationType<I> type,
      EntityRef owner,
      String id,
      Object input,
      EntityWorld world,
      Crash crash,
      long term) {
    this.owner = owner;
    this.operation = owner.operation(id);
    this.world = world;
    this.crash = crash;
    this.term = term;
    this.whenWaiting = world::advance;
    JsonNode tree = Mappers.tree(input, input.getClass());
    journal.append(tree);
    this.steps = type.steps(read(tree, type.input()));
    List<String> again = type.steps(read(tree, type.input())).stream().map(Step::name).toList();
    if (!again.equals(names()) || names().stream().distinct().count() != steps.size()) {
      throw new AssertionError("not one plan for one input: " + names());
    }
    steps.forEach(_ -> runs.add(new StepRun()));
  }

  /**
   * @param input a value of the type's input
   */
  public static StepHarness of(
      OperationType<?> type,
      EntityRef owner,
      String id,
      Object input,
      EntityWorld world,
      Crash crash) {
    return new StepHarness(type, owner, id, input, world, crash, 1);
  }

  /** What happens while the operation waits for a time; by default the world's clock moves on. */
  public StepHarness whenWaiting(Consumer<Duration> happens) {
    whenWaiting = happens;
    return this;
  }

  public List<String> names() {
    return steps.stream().map(Step::name).toList();
  }

  /** All that the engine would have journaled of it, to look for what must not be there. */
  public String journal() {
    return journal.toString();
  }

  /** Runs to the end, the first gate, or the step that is over. */
  public Result forward() {
    return forward(steps.size());
  }

  /** Runs the steps before index {@code end}. */
  public Result forward(int end) {
    while (current < end) {
      StepResult result = attempt(current, false);
      switch (result) {
        case StepResult.Done(var data) -> {
          runs.get(current).data = data;
          runs.get(current).checkpoint = null;
          current++;
        }
        case StepResult.Over(var problem) -> {
          return new Result.Over(steps.get(current).name(), problem);
        }
        case StepResult.Gate(var signal, _) -> {
          current++;
          return new Result.Waiting(signal);
        }
        case StepResult.NotNow _, StepResult.Again _, StepResult.Calls _, StepResult.Run _ ->
            throw new AssertionError("not an end: " + result);
      }
    }
    Map<String, JsonNode> data = new LinkedHashMap<>();
    for (int i = 0; i < steps.size(); i++) {
      JsonNode kept = runs.get(i).data;
      if (kept != null) {
        data.put(steps.get(i).name(), kept);
      }
    }
    return new Result.Done(data);
  }

  /**
   * The outcome that the owner would be told after {@link #forward} and, where it was over, {@link
   * #backward}.
   */
  public Outcome outcome() {
    return switch (forward()) {
      case Result.Done(var data) -> new Outcome.Done(data);
      case Result.Over(_, var problem) -> {
        backward();
        yield new Outcome.Undone(problem);
      }
      case Result.Waiting(var gate) -> throw new AssertionError("waits for " + gate);
    };
  }

  /** Journals the intent of the next step and crashes before its effect. */
  public StepHarness intend() {
    if (current < steps.size()) {
      runs.get(current).begun = true;
    }
    return this;
  }

  /** Undoes every step that was begun, the last one first. */
  public void backward() {
    for (int i = Math.min(current, steps.size() - 1); i >= 0; i--) {
      if (runs.get(i).begun) {
        runs.get(i).iteration = 0;
        StepResult result = attempt(i, true);
        if (!(result instanceof StepResult.Done)) {
          throw new AssertionError("cannot undo " + steps.get(i).name() + ": " + result);
        }
      }
    }
  }

  /** One step until it is done, over or at a gate. */
  private StepResult attempt(int index, boolean undo) {
    Step step = steps.get(index);
    StepRun run = runs.get(index);
    RetryPolicy policy = undo ? RetryPolicy.PATIENT : step.retry();
    int failures = 0;
    for (int round = 0; round < ROUNDS_MAX; round++) {
      run.begun = true;
      if (crash == Crash.EVERYWHERE) {
        once(step, run, undo); // its result is lost
      }
      StepResult result = once(step, run, undo);
      journal.append('\n').append(step.name()).append(' ').append(result);
      switch (result) {
        case StepResult.Again(var checkpoint, var after, _, _) -> {
          run.checkpoint = kept(checkpoint);
          run.iteration++;
          failures = 0;
          whenWaiting.accept(after);
        }
        case StepResult.NotNow(var after, var problem) -> {
          if (++failures >= policy.failuresMax()) {
            return StepResult.over(problem);
          }
          whenWaiting.accept(after);
        }
        case StepResult.Done(var data) -> {
          return StepResult.done(kept(data));
        }
        case StepResult.Over _, StepResult.Gate _ -> {
          return result;
        }
        case StepResult.Calls _, StepResult.Run _ ->
            throw new AssertionError("not resolved: " + result);
      }
    }
    throw new AssertionError(step.name() + " does not come to an end");
  }

  private StepResult once(Step step, StepRun run, boolean undo) {
    run.attempts++;
    attempts++;
    Context context = new Context(step, run, undo, new FenceToken(term, attempts));
    StepResult result;
    try {
      result = undo ? step.undo(context) : step.run(context);
    } catch (ProblemException e) {
      result =
          switch (e.problem().kind()) {
            case UNAVAILABLE, FAULT -> StepResult.notNow(Duration.ZERO, e.problem());
            default -> StepResult.over(e.problem());
          };
    } catch (Exception e) {
      throw new AssertionError(step.name() + " threw", e);
    }
    return result instanceof StepResult.Calls(var calls)
        ? step.answered(context, calls.stream().map(this::answer).toList())
        : result;
  }

  private Reply answer(StepResult.Call call) {
    journal.append("\ncall ").append(Mappers.JSON.<JsonNode>valueToTree(call.command()));
    for (int round = 0; round < ROUNDS_MAX; round++) {
      Reply reply = world.ask(call.entity(), call.command());
      if (crash == Crash.EVERYWHERE) {
        reply = world.ask(call.entity(), call.command());
      }
      if (!(reply instanceof Reply.NotNow(var after, _, _))) {
        return reply;
      }
      whenWaiting.accept(after);
    }
    throw new AssertionError(call.entity() + " never answers");
  }

  private static @Nullable JsonNode kept(@Nullable JsonNode data) {
    if (data == null) {
      return null;
    }
    String text = data.toString();
    if (text.length() > DATA_BYTES_MAX) {
      throw new AssertionError("data of " + text.length() + " bytes");
    }
    try {
      return Mappers.JSON.readTree(text);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static <I> I read(JsonNode tree, Class<I> type) {
    try {
      return Mappers.JSON.treeToValue(tree, type);
    } catch (IOException e) {
      throw new AssertionError("the input does not come back: " + tree, e);
    }
  }

  private final class Context implements StepContext {
    private final Step step;
    private final StepRun run;
    private final boolean undo;
    private final FenceToken token;

    private Context(Step step, StepRun run, boolean undo, FenceToken token) {
      this.step = step;
      this.run = run;
      this.undo = undo;
      this.token = token;
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
      return Digest.of(
          operation.id(), step.name(), Integer.toString(run.iteration), undo ? "undo" : "run");
    }

    @Override
    public FenceToken token() {
      return token;
    }

    @Override
    public int attempt() {
      return run.attempts;
    }

    @Override
    public int iteration() {
      return run.iteration;
    }

    @Override
    public Instant now() {
      return world.now();
    }

    @Override
    public @Nullable String traceparent() {
      return null;
    }

    @Override
    public Optional<JsonNode> checkpoint() {
      return Optional.ofNullable(run.checkpoint);
    }

    @Override
    public JsonNode data(String name) {
      int index = names().indexOf(name);
      if (index < 0) {
        throw new IllegalArgumentException("no step named " + name);
      }
      JsonNode data = runs.get(index).data;
      return data == null ? MissingNode.getInstance() : data;
    }

    @Override
    public void progress(long done, long total, @Nullable Object checkpoint) {
      if (checkpoint != null) {
        run.checkpoint = kept(Mappers.JSON.valueToTree(checkpoint));
      }
    }

    @Override
    public boolean stopping() {
      return false;
    }

    @Override
    public AutoCloseable onStop(Runnable cancel) {
      return () -> {};
    }
  }
}
