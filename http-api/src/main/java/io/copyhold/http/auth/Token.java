package io.copyhold.http.auth;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.Decision;
import io.copyhold.runtime.entity.EntityType;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.journal.StoredTypes;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A token's life: issued, perhaps revoked. It holds the hash of its secret and never shows it;
 * whoever presents a secret asks the token itself.
 */
public sealed interface Token {
  record Absent() implements Token {}

  /**
   * @param hash SHA-256 of the secret in hexadecimal digits
   * @param scope for an application; null otherwise
   * @param expires refused from then on; null for never
   * @param holder who has it, by a word of the operator's: two tokens of one holder are one person;
   *     null when nobody said
   */
  record Live(
      String name,
      Role role,
      String hash,
      @Nullable Scope scope,
      @Nullable Instant expires,
      @Nullable String holder)
      implements Token {}

  record Revoked(
      String name, Role role, @Nullable Scope scope, String reason, @Nullable String holder)
      implements Token {}

  /** What is asked of it. */
  sealed interface Command {
    record Issue(
        String name,
        Role role,
        String hash,
        @Nullable Scope scope,
        @Nullable Instant expires,
        @Nullable String holder)
        implements Command {}

    record Revoke(String reason) implements Command {}

    /** Somebody shows a secret with this hash: is it this token's, and does it still hold? */
    record Present(String hash) implements Command {}
  }

  /** What happened to it. */
  sealed interface Event {
    record Issued(
        String name,
        Role role,
        String hash,
        @Nullable Scope scope,
        @Nullable Instant expires,
        @Nullable String holder)
        implements Event {}

    record WasRevoked(String reason) implements Event {}
  }

  EntityType<Token, Command, Event> TYPE = new Type();

  /** The pure functions, and what a token shows. */
  final class Type implements EntityType<Token, Command, Event> {
    private static final Pattern NAME = Pattern.compile("[a-z0-9]+(-[a-z0-9]+)*");

    private final StoredTypes stored =
        StoredTypes.of("token", Token.class)
            .event("issued", Event.Issued.class)
            .event("revoked", Event.WasRevoked.class)
            .command("issue", Command.Issue.class)
            .command("revoke", Command.Revoke.class)
            .command("present", Command.Present.class);

    private Type() {}

    @Override
    public String name() {
      return "token";
    }

    @Override
    public Token initial() {
      return new Absent();
    }

    @Override
    public StoredTypes stored() {
      return stored;
    }

    @Override
    public boolean exists(Token token) {
      return !(token instanceof Absent);
    }

    @Override
    public Decision<Event> decide(Token token, Command command, Instant now) {
      return switch (command) {
        case Command.Issue issue -> issue(token, issue, now);
        case Command.Revoke(var reason) ->
            switch (token) {
              case Absent _ ->
                  Decision.refuse(Problem.notFound("token-not-found", "there is no such token"));
              case Live _ -> Decision.accept(new Event.WasRevoked(reason));
              case Revoked _ -> Decision.accept();
            };
        case Command.Present(var hash) -> present(token, hash, now);
      };
    }

    private static Decision<Event> issue(Token token, Command.Issue issue, Instant now) {
      if (token instanceof Live live) {
        return live.equals(
                new Live(
                    issue.name, issue.role, issue.hash, issue.scope, issue.expires, issue.holder))
            ? Decision.accept()
            : Decision.refuse(exists());
      }
      if (token instanceof Revoked) {
        return Decision.refuse(exists());
      }
      if (issue.name.length() > 40 || !NAME.matcher(issue.name).matches()) {
        return Decision.refuse(
            Problem.invalid(
                    "token-name-invalid",
                    "a token's name is at most 40 of a-z, 0-9 and single dashes")
                .at("/name"));
      }
      if (issue.holder != null
          && (issue.holder.length() > 40 || !NAME.matcher(issue.holder).matches())) {
        return Decision.refuse(
            Problem.invalid(
                    "token-holder-invalid",
                    "a token's holder is at most 40 of a-z, 0-9 and single dashes")
                .at("/holder")
                .todo("give a word that your directory of people knows, not a name"));
      }
      if (issue.expires != null && !issue.expires.isAfter(now)) {
        return Decision.refuse(
            Problem.invalid("token-expires-in-past", "it would expire before it begins")
                .at("/expires"));
      }
      return scope(issue.role, issue.scope) instanceof Problem problem
          ? Decision.refuse(problem)
          : Decision.accept(
              new Event.Issued(
                  issue.name, issue.role, issue.hash, issue.scope, issue.expires, issue.holder));
    }

    private static @Nullable Problem scope(Role role, @Nullable Scope scope) {
      if (role != Role.APPLICATION) {
        return scope == null
            ? null
            : Problem.invalid("token-scope-unfit", "only an application token is bound to tenants")
                .at("/scope")
                .todo("leave the scope out, or choose the role application");
      }
      if (scope == null || scope.empty()) {
        return Problem.invalid(
                "token-scope-missing", "an application token is bound to tenants or to tags")
            .at("/scope")
            .todo("name tenants, or tags that the tenants carry");
      }
      if (scope.tenants().size() > Scope.TENANTS_MAX || scope.tags().size() > Scope.TAGS_MAX) {
        return Problem.invalid(
                "token-scope-too-large",
                "a token names at most "
                    + Scope.TENANTS_MAX
                    + " tenants and "
                    + Scope.TAGS_MAX
                    + " tags")
            .at("/scope")
            .todo("bind it to a tag that these tenants carry");
      }
      return null;
    }

    private static Problem exists() {
      return Problem.conflict(
              "token-exists", "this token was made before, and its secret was shown then")
          .todo("use it; or revoke it and make another with a new idempotency key");
    }

    private static Decision<Event> present(Token token, String hash, Instant now) {
      return switch (token) {
        case Live live when same(live.hash, hash) ->
            live.expires != null && !live.expires.isAfter(now)
                ? Decision.refuse(
                    unauthenticated("token-expired", "the token expired at " + live.expires))
                : Decision.accept();
        case Absent _, Live _, Revoked _ -> Decision.refuse(wrong());
      };
    }

    /** Takes the same time whatever differs. */
    private static boolean same(String one, String other) {
      return MessageDigest.isEqual(
          one.getBytes(StandardCharsets.US_ASCII), other.getBytes(StandardCharsets.US_ASCII));
    }

    static Problem wrong() {
      return unauthenticated("token-wrong", "the token is unknown or revoked");
    }

    private static Problem unauthenticated(String code, String what) {
      return Problem.of(Problem.Kind.UNAUTHENTICATED, code, what)
          .at("Authorization")
          .todo("ask an operator for a token: copyhold token create");
    }

    @Override
    public Token evolve(Token token, Event event) {
      return switch (event) {
        case Event.Issued(var name, var role, var hash, var scope, var expires, var holder)
            when token instanceof Absent ->
            new Live(name, role, hash, scope, expires, holder);
        case Event.WasRevoked(var reason) when token instanceof Live live ->
            new Revoked(live.name, live.role, live.scope, reason, live.holder);
        case Event.Issued _, Event.WasRevoked _ ->
            throw new IllegalStateException(
                event.getClass().getSimpleName() + " after " + token.getClass().getSimpleName());
      };
    }

    @Override
    public JsonNode summary(Token token) {
      ObjectNode node = Mappers.JSON.createObjectNode();
      switch (token) {
        case Absent _ -> node.put("state", "absent");
        case Live live -> {
          put(node.put("state", "live"), live.name, live.role, live.scope, live.holder);
          if (live.expires != null) {
            node.put("expires", live.expires.toString());
          }
        }
        case Revoked revoked ->
            put(
                    node.put("state", "revoked"),
                    revoked.name,
                    revoked.role,
                    revoked.scope,
                    revoked.holder)
                .put("reason", revoked.reason);
      }
      return node;
    }

    /** As the summary: the hash is nobody's business. */
    @Override
    public JsonNode view(Token token) {
      return summary(token);
    }

    private static ObjectNode put(
        ObjectNode node, String name, Role role, @Nullable Scope scope, @Nullable String holder) {
      node.put("name", name).put("role", role.word());
      if (holder != null) {
        node.put("holder", holder);
      }
      if (scope != null) {
        scope.tenants().forEach(node.putArray("tenants")::add);
        scope.tags().forEach(node.putArray("tenantTags")::add);
      }
      return node;
    }
  }
}
