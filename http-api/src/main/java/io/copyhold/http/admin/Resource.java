package io.copyhold.http.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.entity.Entities;
import io.copyhold.runtime.entity.History;
import io.copyhold.runtime.entity.Reply;
import io.copyhold.runtime.journal.Mappers;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * What every kind of entity offers over HTTP: a list, its state now and then, its history, the
 * difference between two versions, and commands.
 */
public final class Resource {
  /** Makes a command of a request; may refuse it with a problem. */
  public interface Commanding {
    Object command(Call call) throws Exception;
  }

  /** What all resources share. */
  public static final class Shared {
    private final Entities entities;
    private final History history;
    private final Lists lists;
    private final Access access;

    Shared(Entities entities, History history, Lists lists, Access access) {
      this.entities = entities;
      this.history = history;
      this.lists = lists;
      this.access = access;
    }

    public Entities entities() {
      return entities;
    }

    public History history() {
      return history;
    }

    Lists lists() {
      return lists;
    }

    Access access() {
      return access;
    }
  }

  private final String type;
  private final String path;
  private final String item;
  private final Function<Call, EntityRef> ref;
  private final Shared shared;

  /**
   * @param path of the list: {@code /v1/tenants}
   * @param item of one of them: {@code /v1/tenants/{id}}
   * @param ref the entity that a call's path names; refuses what cannot be one
   */
  Resource(String type, String path, String item, Function<Call, EntityRef> ref, Shared shared) {
    this.type = type;
    this.path = path;
    this.item = item;
    this.ref = ref;
    this.shared = shared;
  }

  /** List, state, history, difference. */
  public List<Route> reads() {
    return List.of(
        Route.get(path, call -> shared.lists().list(call, type)).taking(Lists.PARAMETERS),
        Route.get(item, this::read).taking("version", "at"),
        Route.get(item + "/history", this::history).taking("from", "limit"),
        Route.get(item + "/diff", this::diff).taking("from", "to"));
  }

  /** A command without a body. */
  public Route command(String method, String suffix, Commanding commanding) {
    return Route.command(
        method, item + suffix, call -> changed(ask(call, entity(call), commanding.command(call))));
  }

  public EntityRef entity(Call call) throws InterruptedException {
    EntityRef entity = ref.apply(call);
    shared.access().require(call.who(), entity);
    return entity;
  }

  public Reply ask(Call call, EntityRef entity, Object command) throws InterruptedException {
    return ask(call, entity, command, call.origin());
  }

  Reply ask(Call call, EntityRef entity, Object command, Origin origin)
      throws InterruptedException {
    return call.await(
        call.dryRun()
            ? shared.entities().dryRun(entity, command, origin)
            : shared.entities().ask(entity, command, origin));
  }

  public static Answer changed(Reply reply) {
    return switch (reply) {
      case Reply.Applied applied -> Entries.changed(applied);
      case Reply.Refused(var problem) -> Problems.answer(problem);
      case Reply.NotNow notNow -> Problems.answer(notNow);
    };
  }

  Answer read(Call call) throws InterruptedException {
    EntityRef entity = entity(call);
    Optional<Long> version = call.one("version", "a version", Long::parseLong);
    Optional<Instant> at = call.one("at", "a time like 2026-11-21T12:00:00Z", Instant::parse);
    if (version.isPresent() && at.isPresent()) {
      throw Call.malformed("parameter-conflict", "version and at exclude each other", "at");
    }
    if (version.isPresent()) {
      return past(version(call, entity, version.get()));
    }
    if (at.isPresent()) {
      return past(existing(call.await(shared.history().at(entity, at.get())), "at " + at.get()));
    }
    return switch (now(call, entity)) {
      case Reply.Applied(var of, var number, var view, _, _) ->
          Answer.json(200, Entries.state(of, number, view)).with("ETag", "\"" + number + "\"");
      case Reply.Refused(var problem) -> Problems.answer(problem);
      case Reply.NotNow notNow -> Problems.answer(notNow);
    };
  }

  /** An operation is its owner's child, and read from the journal. */
  private Reply now(Call call, EntityRef entity) throws InterruptedException {
    if (!entity.type().equals(EntityRef.OPERATION)) {
      return call.await(shared.entities().read(entity));
    }
    History.Past past = OperationPast.read(call, shared, entity);
    return new Reply.Applied(entity, past.version(), past.view(), List.of(), false);
  }

  private static Answer past(History.Past past) {
    return Answer.json(
        200,
        Entries.state(past.entity(), past.version(), past.view()).put("at", past.at().toString()));
  }

  /** The state at a version that there was. */
  private History.Past version(Call call, EntityRef entity, long version)
      throws InterruptedException {
    History.Past past =
        existing(call.await(shared.history().at(entity, version)), "at version " + version);
    if (past.version() != version) {
      throw new ProblemException(
          Problem.notFound("version-not-reached", entity + " has no version " + version + " yet")
              .todo("its latest is " + past.version()));
    }
    return past;
  }

  private History.Past existing(History.Past past, String when) {
    if (!past.exists()) {
      throw new ProblemException(
          Problem.notFound(type + "-not-found", "there was no " + past.entity() + " " + when));
    }
    return past;
  }

  Answer history(Call call) throws InterruptedException {
    EntityRef entity = entity(call);
    long from = Math.max(1, call.number("from", 1));
    int limit = call.number("limit", 100, 1, 1_000);
    List<History.Entry> entries = call.await(shared.history().events(entity, from, limit));
    if (entries.isEmpty() && call.await(shared.history().at(entity, 1)).version() == 0) {
      return Problems.answer(Problem.notFound(type + "-not-found", "there is no " + entity));
    }
    ObjectNode tree = Mappers.JSON.createObjectNode().put("type", type).put("id", entity.id());
    ArrayNode events = tree.putArray("events");
    entries.forEach(entry -> events.add(Entries.event(entry)));
    if (entries.size() == limit) {
      tree.put("next", entries.getLast().version() + 1);
    }
    return Answer.json(200, tree);
  }

  Answer diff(Call call) throws InterruptedException {
    EntityRef entity = entity(call);
    long from = call.number("from", 0L);
    long to =
        call.one("to", "a version", Long::parseLong)
            .orElseThrow(() -> Call.malformed("parameter-missing", "to is missing", "to"));
    History.Past after = version(call, entity, to);
    History.Past before = call.await(shared.history().at(entity, from));
    ObjectNode tree =
        Mappers.JSON
            .createObjectNode()
            .put("type", type)
            .put("id", entity.id())
            .put("from", from)
            .put("to", to);
    tree.set(
        "changes",
        JsonDiff.between(
            before.exists() ? before.view() : Mappers.JSON.createObjectNode(), after.view()));
    return Answer.json(200, tree);
  }
}
