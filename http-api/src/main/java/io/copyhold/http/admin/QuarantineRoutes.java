package io.copyhold.http.admin;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.History;
import io.copyhold.runtime.entity.Quarantine;
import io.copyhold.runtime.entity.Reply;
import java.util.List;

/** Entities whose replay fails: listed, read, tried again, or told to pass over one event. */
final class QuarantineRoutes {
  private static final String PATH = "/v1/quarantine";
  private static final String ITEM = PATH + "/{type}/{id}";

  /** The body that names the event to pass over. */
  record Skip(Long version) {}

  /** The body that names the version to go back to. */
  record Restore(Long version) {}

  private static final int PAGE = 1_000;

  private final Resource.Shared shared;

  QuarantineRoutes(Resource.Shared shared) {
    this.shared = shared;
  }

  List<Route> routes(int bodyBytesMax) {
    return List.of(
        Route.get(PATH, call -> shared.lists().list(call, Quarantine.TYPE.name()))
            .taking(Lists.PARAMETERS),
        Route.get(ITEM, this::read),
        Route.command("POST", ITEM + "/retry", call -> ask(call, new Quarantine.Command.Retry())),
        Route.command(
                "POST",
                ITEM + "/skip",
                call -> ask(call, new Quarantine.Command.Skip(call.body(Skip.class).version())))
            .withBody(bodyBytesMax),
        Route.command(
                "POST",
                ITEM + "/restore",
                call -> {
                  long version = call.body(Restore.class).version();
                  return ask(call, new Quarantine.Command.Restore(version, newest(call, version)));
                })
            .withBody(bodyBytesMax));
  }

  private Answer read(Call call) throws InterruptedException {
    EntityRef verdict = verdict(call);
    History.Past past = call.await(shared.history().at(verdict, Long.MAX_VALUE));
    return past.exists()
        ? Answer.json(200, Entries.state(verdict, past.version(), past.view()))
        : Problems.answer(never(call));
  }

  /** The command goes to the entity itself: its quarantine stands in its place. */
  private Answer ask(Call call, Quarantine.Command command) throws InterruptedException {
    History.Past past = call.await(shared.history().at(verdict(call), Long.MAX_VALUE));
    if (!past.view().path("enclosed").asBoolean()) {
      return Problems.answer(
          past.exists()
              ? Problem.conflict("not-quarantined", "it is not in quarantine now")
              : never(call));
    }
    EntityRef entity = Paths.entity(call.value("type"), call.value("id"));
    Reply reply =
        call.await(
            call.dryRun()
                ? shared.entities().dryRun(entity, command, call.origin())
                : shared.entities().ask(entity, command, call.origin()));
    return Resource.changed(reply);
  }

  /** The last event there is; nothing is added while it is in quarantine. */
  private long newest(Call call, long from) throws InterruptedException {
    EntityRef entity = Paths.entity(call.value("type"), call.value("id"));
    long newest = Math.max(0, from);
    while (true) {
      List<History.Entry> page = call.await(shared.history().events(entity, newest + 1, PAGE));
      if (page.isEmpty()) {
        return newest;
      }
      newest = page.getLast().version();
    }
  }

  private static EntityRef verdict(Call call) {
    return new EntityRef(
        Quarantine.TYPE.name(), Paths.entity(call.value("type"), call.value("id")).toString());
  }

  private static Problem never(Call call) {
    return Problem.notFound(
        "quarantine-not-found",
        call.value("type") + "/" + call.value("id") + " has never been in quarantine");
  }
}
