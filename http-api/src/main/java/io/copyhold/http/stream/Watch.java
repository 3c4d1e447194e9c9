package io.copyhold.http.stream;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.http.stream.Changes.Change;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.journal.Mappers;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.apache.pekko.NotUsed;
import org.apache.pekko.japi.pf.PFBuilder;
import org.apache.pekko.stream.BufferOverflowException;
import org.apache.pekko.stream.OverflowStrategy;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes streams of server-sent events. Each event has an id to resume from with {@code
 * Last-Event-ID}; a comment shows at every heartbeat that the stream lives. A stream ends when its
 * watcher falls behind by more than the buffer (event {@code behind}: resume), or when its token
 * holds no longer (event {@code token}).
 */
public final class Watch {
  private static final Logger log = LoggerFactory.getLogger(Watch.class);
  private static final ByteString ALIVE = ByteString.fromString(": alive\n\n");
  private static final ByteString BEHIND =
      ByteString.fromString(
          "event: behind\ndata: {\"todo\":\"connect again with Last-Event-ID\"}\n\n");
  private static final ByteString NO_TOKEN =
      ByteString.fromString("event: token\ndata: {\"todo\":\"the token holds no longer\"}\n\n");

  private final Duration heartbeat;
  private final int buffer;
  private final AtomicInteger open = new AtomicInteger();

  public Watch(Duration heartbeat, int buffer) {
    this.heartbeat = heartbeat;
    this.buffer = buffer;
  }

  /** Streams open now. */
  public int open() {
    return open.get();
  }

  /**
   * @param visible completes with whether the watcher may see a change
   * @param holds completes with whether the watcher's token still holds; asked at every heartbeat
   */
  public Source<ByteString, NotUsed> stream(
      Source<Change, NotUsed> changes,
      Function<Change, CompletionStage<Boolean>> visible,
      Supplier<CompletionStage<Boolean>> holds) {
    Source<ByteString, NotUsed> events =
        changes
            .mapAsync(
                1,
                change ->
                    visible
                        .apply(change)
                        .thenApply(yes -> yes ? List.of(change) : List.<Change>of()))
            .mapConcat(found -> found)
            .map(Watch::event)
            .buffer(buffer, OverflowStrategy.fail())
            .recover(new PFBuilder<Throwable, ByteString>().matchAny(Watch::last).build());
    Source<ByteString, NotUsed> beats =
        Source.tick(heartbeat, heartbeat, ALIVE)
            .mapMaterializedValue(_ -> NotUsed.getInstance())
            .mapAsync(1, alive -> holds.get().thenApply(yes -> yes ? alive : NO_TOKEN))
            .takeWhile(beat -> beat != NO_TOKEN, true);
    return Source.lazySource(
            () -> {
              open.incrementAndGet();
              return Source.single(ALIVE)
                  .concat(events.merge(beats, true))
                  .watchTermination((unused, end) -> {
                    end.whenComplete((_, _) -> open.decrementAndGet());
                    return unused;
                  });
            })
        .mapMaterializedValue(_ -> NotUsed.getInstance());
  }

  /**
   * Why a stream ends that should not: the watcher was too slow, or its offset cannot be read, or
   * not now.
   */
  private static ByteString last(Throwable failure) {
    if (failure instanceof BufferOverflowException) {
      return BEHIND;
    }
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    Problem problem =
        cause instanceof ProblemException known
            ? known.problem()
            : Problem.unavailable("stream-broken", "the stream broke")
                .todo("connect again with Last-Event-ID");
    ObjectNode data =
        Mappers.JSON
            .createObjectNode()
            .put("problem", "urn:copyhold:problem:" + problem.code())
            .put("status", problem.kind().status())
            .put("detail", problem.what());
    if (problem.todo() != null) {
      data.put("todo", problem.todo());
    }
    if (!(cause instanceof ProblemException)) {
      log.atWarn().setCause(failure).log("an event stream broke");
    }
    return ByteString.fromString("event: problem\ndata: " + data + "\n\n");
  }

  /**
   * The changes of one entity from its present state on, until it is at its end.
   *
   * @param now the present state, read after the changes are followed
   */
  public static Source<Change, NotUsed> following(
      Source<Change, NotUsed> changes, CompletionStage<Change> now, Predicate<Change> end) {
    AtomicLong seen = new AtomicLong();
    return changes
        .merge(Source.completionStage(now))
        .filter(change -> change.version() > seen.getAndAccumulate(change.version(), Math::max))
        .takeWhile(change -> !end.test(change), true);
  }

  private static ByteString event(Change change) {
    ObjectNode data =
        Mappers.JSON
            .createObjectNode()
            .put("type", change.entity().type())
            .put("id", change.entity().id())
            .put("version", change.version())
            .put("name", change.event())
            .put("at", change.at().toString());
    if (change.summary() != null) {
      data.set("summary", change.summary());
    }
    try {
      return ByteString.fromString(
          (change.offset().isEmpty() ? "" : "id: " + change.offset() + "\n")
              + "event: change\ndata: "
              + Mappers.JSON.writeValueAsString(data)
              + "\n\n");
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree is always writable", e);
    }
  }
}
