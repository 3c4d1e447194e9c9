package io.copyhold.http.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.entity.History;
import io.copyhold.runtime.entity.Reply;
import io.copyhold.runtime.journal.Mappers;

/** How entities, their past and what became of a command look in JSON. */
final class Entries {
  private Entries() {}

  static ObjectNode named(EntityRef entity, long version) {
    return Mappers.JSON
        .createObjectNode()
        .put("type", entity.type())
        .put("id", entity.id())
        .put("version", version);
  }

  static ObjectNode state(EntityRef entity, long version, JsonNode view) {
    return named(entity, version).set("state", view);
  }

  static ObjectNode event(History.Entry entry) {
    ObjectNode node =
        Mappers.JSON
            .createObjectNode()
            .put("version", entry.version())
            .put("at", entry.at().toString())
            .put("name", entry.name())
            .put("principal", entry.principal());
    if (entry.traceparent() != null) {
      node.put("traceparent", entry.traceparent());
    }
    return node.set("event", shown(entry.event()));
  }

  /** A token's hash is journaled, and nobody's business. */
  private static JsonNode shown(JsonNode event) {
    return event instanceof ObjectNode fields && fields.has("hash")
        ? fields.deepCopy().put("hash", "(hidden)")
        : event;
  }

  /**
   * The answer to a command: 201 when it made the entity, 202 with the operation's address when
   * work goes on, 200 otherwise.
   */
  static Answer changed(Reply.Applied applied) {
    ObjectNode tree = named(applied.entity(), applied.version());
    applied.events().forEach(tree.putArray("events")::add);
    tree.put("dryRun", applied.dryRun());
    tree.set("summary", applied.view());
    String operation = operation(applied);
    if (operation != null) {
      tree.put("operation", operation);
    }
    boolean created = applied.version() == applied.events().size() && applied.version() > 0;
    int status = applied.dryRun() ? 200 : operation != null ? 202 : created ? 201 : 200;
    Answer answer = Answer.json(status, tree);
    if (applied.dryRun()) {
      return answer;
    }
    answer =
        answer
            .with("ETag", "\"" + applied.version() + "\"")
            .with(
                "Copyhold-Position",
                new Listing.Position(applied.entity(), applied.version()).toString());
    return operation == null ? answer : answer.with("Location", operation);
  }

  /** An entity whose summary names an operation is at work on it. */
  private static @org.jspecify.annotations.Nullable String operation(Reply.Applied applied) {
    JsonNode name = applied.view().path("operation");
    return name.isTextual() && !applied.entity().type().equals(EntityRef.OPERATION)
        ? path(applied.entity().operation(name.asText()))
        : null;
  }

  /** Where an entity is found: {@code /v1/operations/tenant/acme/provision/1}. */
  static String path(EntityRef entity) {
    return "/v1/" + entity.type() + "s/" + entity.id();
  }
}
