package io.copyhold.http.admin;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.http.auth.Authenticator;
import io.copyhold.http.auth.Principal;
import io.copyhold.http.stream.Changes;
import io.copyhold.http.stream.Changes.Change;
import io.copyhold.http.stream.Watch;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.entity.History;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Source;
import org.jspecify.annotations.Nullable;

/** Event streams: of everything, of one type, of one entity, of one operation until it ends. */
final class WatchRoutes {
  private static final Set<String> ENDS =
      Set.of("done", "undone", "failed-in-rollback", "cancelled");

  private final Changes changes;
  private final Watch watch;
  private final Access access;
  private final Resource.Shared shared;
  private final Authenticator authenticator;
  private final History history;
  private final AdminSettings settings;
  private final Executor executor;

  WatchRoutes(
      Changes changes,
      Watch watch,
      Resource.Shared shared,
      Authenticator authenticator,
      AdminSettings settings,
      Executor executor) {
    this.changes = changes;
    this.watch = watch;
    this.access = shared.access();
    this.shared = shared;
    this.authenticator = authenticator;
    this.history = shared.history();
    this.settings = settings;
    this.executor = executor;
  }

  List<Route> routes() {
    return List.of(
        Route.get("/v1/events/watch", this::all).taking("type", "id", "lastEventId"),
        Route.get(OperationRoutes.ITEM + "/watch", this::operation));
  }

  private Answer all(Call call) {
    String type = call.one("type").orElse(null);
    String id = call.one("id").orElse(null);
    Source<Change, NotUsed> wanted =
        changes
            .after(offset(call))
            .filter(change ->
                (type == null || change.entity().type().equals(type))
                    && (id == null || change.entity().id().equals(id)));
    return answer(call, wanted);
  }

  private Answer operation(Call call) throws InterruptedException {
    EntityRef operation = OperationRoutes.operation(call);
    access.require(call.who(), operation);
    OperationPast.read(call, shared, operation);
    Source<Change, NotUsed> wanted =
        changes.after(null).filter(change -> change.entity().equals(operation));
    return answer(
        call,
        Source.lazySource(() -> Watch.following(wanted, present(operation), WatchRoutes::atItsEnd))
            .mapMaterializedValue(_ -> NotUsed.getInstance()));
  }

  private CompletionStage<Change> present(EntityRef operation) {
    return history
        .at(operation, Long.MAX_VALUE)
        .thenApply(
            past -> new Change("", operation, past.version(), "state", past.at(), past.summary()));
  }

  private static boolean atItsEnd(Change change) {
    JsonNode summary = change.summary();
    return summary != null && ENDS.contains(summary.path("state").asText());
  }

  private Answer answer(Call call, Source<Change, NotUsed> wanted) {
    if (watch.open() >= settings.watchersMax()) {
      throw new HttpProblem(
          503,
          Problem.unavailable("watchers-max", "too many event streams are open on this node")
              .todo("close some, or try another node"),
          Map.of("Retry-After", "10"));
    }
    Principal who = call.who();
    String authorization = call.header("authorization");
    return Answer.events(
        watch.stream(
            wanted,
            change -> visible(who, change),
            () ->
                authenticator
                    .authenticate(authorization)
                    .handle((principal, failure) -> failure == null || !refused(failure))));
  }

  /** A token that cannot be asked now has not been revoked as far as anybody knows. */
  private static boolean refused(Throwable failure) {
    Throwable cause = failure.getCause() == null ? failure : failure.getCause();
    return (cause instanceof ProblemException a
            && a.problem().kind() == Problem.Kind.UNAUTHENTICATED)
        || (failure instanceof ProblemException b
            && b.problem().kind() == Problem.Kind.UNAUTHENTICATED);
  }

  private CompletionStage<Boolean> visible(Principal who, Change change) {
    if (change.entity().type().equals("token")
        && !who.may(io.copyhold.http.auth.Permission.TOKEN_READ)) {
      return CompletableFuture.completedFuture(false);
    }
    if (who.scope() == null) {
      return CompletableFuture.completedFuture(true);
    }
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return access.sees(who, change.entity());
          } catch (InterruptedException e) {
            return false;
          }
        },
        executor);
  }

  private static @Nullable String offset(Call call) {
    String header = call.header("last-event-id");
    String offset = header != null ? header : call.one("lastEventId").orElse(null);
    return "start".equals(offset) ? Changes.START : offset;
  }
}
