package io.copyhold.http.admin;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.http.auth.Tokens;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.entity.Entities;
import io.copyhold.runtime.entity.Reply;
import io.copyhold.tenants.Ids;
import io.copyhold.tenants.changelog.Changelog;
import io.copyhold.tenants.changelog.Target;
import org.jspecify.annotations.Nullable;

/**
 * What the routes of tenants, stores, pools, changelogs and rollouts share: ids, and targets
 * resolved to content.
 */
public final class Kinds {
  private Kinds() {}

  /** A kind whose path is its type with an s. */
  public static Resource resource(String type, Resource.Shared shared) {
    String path = "/v1/" + type + "s";
    return new Resource(
        type, path, path + "/{id}", call -> Paths.entity(type, call.value("id")), shared);
  }

  /** The entity that a PUT makes; an id that breaks the rules is refused with the reason. */
  public static EntityRef creating(Call call, String type) {
    Ids.check(type, call.value("id"))
        .ifPresent(problem -> {
          throw new ProblemException(problem.at(call.route().path()));
        });
    return new EntityRef(type, call.value("id"));
  }

  /** The state of an entity as a read shows it. */
  public static JsonNode view(Call call, Entities entities, EntityRef entity)
      throws InterruptedException {
    return switch (call.await(entities.read(entity))) {
      case Reply.Applied(_, _, var view, _, _) -> view;
      case Reply.Refused(var problem) -> throw new ProblemException(problem);
      case Reply.NotNow(_, _, var problem) -> throw new ProblemException(problem);
    };
  }

  /**
   * A version of a changelog with its content, as the commands want it.
   *
   * @param version null for the latest
   */
  static Target target(Call call, Entities entities, String changelog, @Nullable String version)
      throws InterruptedException {
    try {
      JsonNode view = view(call, entities, Paths.entity(Changelog.TYPE.name(), changelog));
      return Changelog.target(changelog, view, version);
    } catch (ProblemException e) {
      Problem problem = e.problem();
      if (problem.kind() != Problem.Kind.NOT_FOUND) {
        throw e;
      }
      // The path of this request is there: what it names is not.
      boolean noVersion = problem.code().equals("version-unknown");
      throw new ProblemException(
          new Problem(
              Problem.Kind.INVALID,
              noVersion ? "version-unknown" : "changelog-unknown",
              problem.what(),
              noVersion ? "/version" : "/changelog",
              problem.todo() == null ? "publish it first" : problem.todo()),
          e);
    }
  }

  /** Who holds the token that asks; null when nobody has said. */
  static @Nullable String holder(Call call, Entities entities) throws InterruptedException {
    JsonNode token = view(call, entities, Tokens.of(call.who()));
    return token.hasNonNull("holder") ? token.get("holder").asText() : null;
  }

  /**
   * The person that asks, for what needs two of them. All tokens of which nobody has said who holds
   * them count as one person.
   */
  public static String person(Call call, Entities entities) throws InterruptedException {
    String holder = holder(call, entities);
    return holder == null ? "(unknown)" : holder;
  }

  /** Names who asks for a migration: one key, or one request without a key, asks once. */
  static String request(Call call) {
    String key = call.header("idempotency-key");
    return key == null
        ? "trace:" + call.trace().traceId()
        : "key:" + io.copyhold.runtime.entity.Digest.of(call.who().origin(), key);
  }
}
