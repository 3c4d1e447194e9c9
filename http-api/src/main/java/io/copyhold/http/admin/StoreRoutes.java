package io.copyhold.http.admin;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.config.secret.Secret;
import io.copyhold.config.secret.SecretRef;
import io.copyhold.config.secret.Secrets;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.entity.Reply;
import io.copyhold.tenants.store.Store;
import io.copyhold.tenants.store.StoreAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Stores: registered, checked, drained, removed. A password goes into the secrets; events hold its
 * name.
 */
final class StoreRoutes {
  private static final String TYPE = Store.TYPE.name();
  private static final String ITEM = "/v1/stores/{id}";
  private static final Store.Capacity CAPACITY = new Store.Capacity(1_000, 50, 8);

  /** Exactly one of {@code adminPassword} and {@code adminSecret}. */
  record Registering(
      @Nullable String engine,
      String host,
      Integer port,
      String adminUser,
      @Nullable String adminPassword,
      @Nullable String adminSecret,
      @Nullable String sharedDatabase,
      @Nullable String sslMode,
      String region,
      String tier,
      @Nullable Capacity capacity,
      @Nullable List<String> tags) {}

  record Capacity(Integer homesMax, Integer connectionsMax, Integer workMax) {
    Store.Capacity capacity() {
      return new Store.Capacity(homesMax, connectionsMax, workMax);
    }
  }

  /** What is to be other; what is left out stays. */
  record Updating(
      @Nullable String host,
      @Nullable Integer port,
      @Nullable String adminUser,
      @Nullable String adminPassword,
      @Nullable String adminSecret,
      @Nullable String sslMode,
      @Nullable String region,
      @Nullable String tier,
      @Nullable Capacity capacity,
      @Nullable List<String> tags) {}

  private final Resource resource;
  private final Resource.Shared shared;
  private final Secrets secrets;

  StoreRoutes(Resource.Shared shared, Secrets secrets) {
    this.resource = Kinds.resource(TYPE, shared);
    this.shared = shared;
    this.secrets = secrets;
  }

  List<Route> routes(int body) {
    List<Route> routes = new ArrayList<>(resource.reads());
    routes.add(Route.command("PUT", ITEM, this::register).withBody(body));
    routes.add(Route.command("PATCH", ITEM, this::update).withBody(body));
    routes.add(Route.command("DELETE", ITEM, this::deregister));
    routes.add(resource.command("POST", "/check", _ -> new Store.Command.Recheck()));
    routes.add(resource.command("POST", "/drain", _ -> new Store.Command.Drain()));
    routes.add(resource.command("POST", "/undrain", _ -> new Store.Command.Undrain()));
    return routes;
  }

  private Answer register(Call call) throws InterruptedException {
    EntityRef store = Kinds.creating(call, TYPE);
    Registering wanted = call.body(Registering.class);
    if ((wanted.adminPassword() == null) == (wanted.adminSecret() == null)) {
      throw new ProblemException(
          Problem.invalid(
                  "store-login", "a store's login has either a password or the name of a secret")
              .at("/adminPassword")
              .todo("give one of adminPassword and adminSecret"));
    }
    String reference =
        wanted.adminSecret() == null
            ? new SecretRef("stores/" + store.id() + "/admin").toString()
            : wanted.adminSecret();
    Store.Command command =
        new Store.Command.Register(
            new Store.Registration(
                store.id(),
                wanted.engine() == null ? StoreAddress.POSTGRESQL : wanted.engine(),
                wanted.host(),
                wanted.port(),
                wanted.adminUser(),
                reference,
                wanted.sharedDatabase(),
                wanted.sslMode(),
                wanted.region(),
                wanted.tier(),
                wanted.capacity() == null ? CAPACITY : wanted.capacity().capacity(),
                wanted.tags() == null ? List.of() : wanted.tags()));
    return withPassword(call, store, command, reference, wanted.adminPassword());
  }

  private Answer update(Call call) throws InterruptedException {
    EntityRef store = resource.entity(call);
    Updating wanted = call.body(Updating.class);
    if (wanted.adminPassword() != null && wanted.adminSecret() != null) {
      throw new ProblemException(
          Problem.invalid(
                  "store-login", "a store's login has either a password or the name of a secret")
              .at("/adminPassword")
              .todo("give one of adminPassword and adminSecret"));
    }
    // A name of its own for each new password: the changed login is then checked.
    String reference =
        wanted.adminPassword() == null
            ? wanted.adminSecret()
            : new SecretRef("stores/" + store.id() + "/admin/" + call.trace().traceId()).toString();
    Store.Command command =
        new Store.Command.Update(
            wanted.host(),
            wanted.port(),
            wanted.adminUser(),
            reference,
            wanted.sslMode(),
            wanted.region(),
            wanted.tier(),
            wanted.capacity() == null ? null : wanted.capacity().capacity(),
            wanted.tags());
    return withPassword(call, store, command, reference, wanted.adminPassword());
  }

  /**
   * Keeps the password before the event that names it, and not at all when the command would be
   * refused.
   */
  private Answer withPassword(
      Call call,
      EntityRef store,
      Store.Command command,
      @Nullable String reference,
      @Nullable String password)
      throws InterruptedException {
    if (password != null && reference != null && !call.dryRun()) {
      Reply tried = call.await(shared.entities().dryRun(store, command, call.origin()));
      if (!(tried instanceof Reply.Applied)) {
        return Resource.changed(tried);
      }
      secrets.put(SecretRef.parse(reference), Secret.of(password));
    }
    return Resource.changed(resource.ask(call, store, command));
  }

  private Answer deregister(Call call) throws InterruptedException {
    EntityRef store = resource.entity(call);
    JsonNode before = Kinds.view(call, shared.entities(), store);
    Reply reply = resource.ask(call, store, new Store.Command.Deregister());
    String reference = before.path("registration").path("adminSecret").asText();
    if (reply instanceof Reply.Applied applied
        && !applied.dryRun()
        && reference.startsWith("secret:stores/" + store.id() + "/")) {
      secrets.delete(SecretRef.parse(reference));
    }
    return Resource.changed(reply);
  }
}
