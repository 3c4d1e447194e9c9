package io.copyhold.runtime.operation;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.Message;
import io.copyhold.runtime.entity.Reply;
import io.copyhold.runtime.entity.ShellContext;
import io.copyhold.runtime.journal.Journaled.Unreadable;
import io.copyhold.runtime.operation.Operation.Running;
import io.copyhold.runtime.operation.Operation.StoredCall;
import io.copyhold.runtime.operation.Operation.Wait;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a step asks of other entities, one attempt at a time: each is asked, and asked again with
 * the same key, until all have applied or refused. Used in the actor's thread.
 */
final class Calls {
  /** So long after "not now", at least; doubled each time. */
  static final Duration RETRY_MIN = Duration.ofMillis(100);

  static final Duration RETRY_MAX = Duration.ofSeconds(10);

  /** What comes back to the actor, as the content of a {@link Message.Reaction}. */
  sealed interface Note {
    long attempt();

    record Answered(long attempt, int call, Reply reply) implements Note {}

    record Due(long attempt, int call) implements Note {}
  }

  private final ShellContext shell;
  private final Operations operations;
  private final EntityRef ref;
  private final Map<Integer, Integer> failures = new HashMap<>();
  private @Nullable Reply[] answers = new Reply[0];
  private long attempt = -1;

  Calls(ShellContext shell, Operations operations) {
    this.shell = shell;
    this.operations = operations;
    this.ref = shell.entity();
  }

  /** Whose calls are under way here; -1 for none. */
  long attempt() {
    return attempt;
  }

  /** Safe to repeat: what an attempt asks is asked once, and then as its answers demand. */
  void make(Running running, Wait.Calling calling) {
    if (attempt == calling.attempt()) {
      return;
    }
    attempt = calling.attempt();
    answers = new Reply[calling.calls().size()];
    failures.clear();
    for (int i = 0; i < answers.length; i++) {
      send(running, calling, i);
    }
  }

  /**
   * @return the answers to all calls, in their order; null while one is missing
   */
  @Nullable List<Reply> take(Running running, Note note) {
    if (!(running.waiting() instanceof Wait.Calling calling)
        || calling.attempt() != note.attempt()
        || attempt != note.attempt()) {
      return null;
    }
    return switch (note) {
      case Note.Due(_, var call) -> {
        send(running, calling, call);
        yield null;
      }
      case Note.Answered(_, var call, Reply.NotNow(var after, _, _)) -> {
        again(call, after);
        yield null;
      }
      case Note.Answered(_, var call, var reply) -> {
        answers[call] = reply;
        yield all();
      }
    };
  }

  @SuppressWarnings("NullAway") // all are there
  private @Nullable List<Reply> all() {
    return Arrays.asList(answers).contains(null) ? null : List.of(answers);
  }

  private void again(int call, Duration after) {
    int times = failures.merge(call, 1, Integer::sum);
    long millis =
        Math.min(
            RETRY_MAX.toMillis(),
            Math.max(after.toMillis(), RETRY_MIN.toMillis() << Math.min(10, times - 1)));
    shell
        .timers()
        .startSingleTimer(
            "call-" + call,
            new Message.Reaction(new Note.Due(attempt, call)),
            Duration.ofMillis((long) (millis * (1 - shell.ports().random().nextDouble() / 2))));
  }

  private void send(Running running, Wait.Calling calling, int index) {
    StoredCall call = calling.calls().get(index);
    Object command = command(call);
    if (command instanceof Unreadable(var manifest, _, var why)) {
      Reply refused = new Reply.Refused(Problem.conflict("command-unknown", manifest + ": " + why));
      shell
          .actor()
          .getSelf()
          .tell(new Message.Reaction(new Note.Answered(calling.attempt(), index, refused)));
      return;
    }
    Origin origin =
        Origin.of("operation:" + ref.id())
            .withTraceparent(running.plan().traceparent())
            .withKey(LiveStep.key(ref, running) + "/" + index);
    shell
        .actor()
        .pipeToSelf(
            shell.ports().entities().ask(EntityRef.parse(call.entity()), command, origin),
            (reply, failure) ->
                new Message.Reaction(
                    new Note.Answered(
                        calling.attempt(), index, failure == null ? reply : lost(call))));
  }

  private Object command(StoredCall call) {
    try {
      return operations.codec().decode(call.manifest(), call.command(), false);
    } catch (IOException e) {
      return new Unreadable(call.manifest(), true, "cannot be read");
    }
  }

  private static Reply lost(StoredCall call) {
    return new Reply.NotNow(RETRY_MIN, false, Problem.unavailable("not-reached", call.entity()));
  }
}
