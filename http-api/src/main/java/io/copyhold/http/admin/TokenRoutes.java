package io.copyhold.http.admin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.http.auth.Authenticator;
import io.copyhold.http.auth.Role;
import io.copyhold.http.auth.Scope;
import io.copyhold.http.auth.Token;
import io.copyhold.http.auth.Tokens;
import io.copyhold.runtime.entity.Entities;
import io.copyhold.runtime.entity.Reply;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Tokens: made, listed, revoked. */
final class TokenRoutes {
  private static final String PATH = "/v1/tokens";

  /**
   * The body that makes a token.
   *
   * @param holder null for whoever holds the token that asks
   */
  record NewToken(
      String name,
      Role role,
      @Nullable NewScope scope,
      @Nullable Instant expires,
      @Nullable String holder) {}

  record NewScope(@Nullable Set<String> tenants, @Nullable Set<String> tags) {
    Scope scope() {
      return new Scope(tenants == null ? Set.of() : tenants, tags == null ? Set.of() : tags);
    }
  }

  private final Tokens tokens;
  private final Authenticator authenticator;
  private final Entities entities;
  private final Resource resource;

  TokenRoutes(Tokens tokens, Authenticator authenticator, Resource.Shared shared) {
    this.tokens = tokens;
    this.authenticator = authenticator;
    this.entities = shared.entities();
    this.resource =
        new Resource(
            Token.TYPE.name(), PATH, PATH + "/{id}", call -> Tokens.ref(call.value("id")), shared);
  }

  List<Route> routes(int bodyBytesMax) {
    List<Route> routes = new ArrayList<>(resource.reads());
    routes.add(Route.command("POST", PATH, this::make).withBody(bodyBytesMax));
    routes.add(Route.command("DELETE", PATH + "/{id}", this::revoke).taking("reason"));
    return routes;
  }

  private Answer make(Call call) throws InterruptedException {
    NewToken wanted = call.body(NewToken.class);
    Tokens.Made made =
        call.await(
            tokens.make(
                wanted.name(),
                wanted.role(),
                wanted.scope() == null ? null : wanted.scope().scope(),
                wanted.expires(),
                wanted.holder() == null ? Kinds.holder(call, entities) : wanted.holder(),
                call.origin(),
                call.dryRun()));
    Answer answer = Resource.changed(made.reply());
    if (made.reply() instanceof Reply.Applied(var entity, _, _, _, var dryRun)
        && !dryRun
        && answer.content() instanceof Answer.Content.Json(_, ObjectNode tree)) {
      tree.put("token", made.text().reveal());
      return answer.with("Location", Entries.path(entity)).with("Cache-Control", "no-store");
    }
    return answer;
  }

  private Answer revoke(Call call) throws InterruptedException {
    String reason = call.one("reason").orElse("revoked by " + call.who().name());
    Reply reply = resource.ask(call, resource.entity(call), new Token.Command.Revoke(cut(reason)));
    if (!call.dryRun()) {
      authenticator.forget(call.value("id"));
    }
    return Resource.changed(reply);
  }

  private static String cut(String reason) {
    return reason.length() > 200 ? reason.substring(0, 200) : reason;
  }
}
