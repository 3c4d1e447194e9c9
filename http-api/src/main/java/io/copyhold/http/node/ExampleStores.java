package io.copyhold.http.node;

import com.typesafe.config.Config;
import io.copyhold.config.secret.Secret;
import io.copyhold.config.secret.SecretRef;
import io.copyhold.config.secret.Secrets;
import io.copyhold.runtime.Await;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.Entities;
import io.copyhold.runtime.entity.Reply;
import io.copyhold.tenants.store.Store;
import io.copyhold.tenants.store.StoreAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Registers the embedded servers that the supervisor started as example stores ({@code
 * copyhold.example-stores}). What is registered already, perhaps changed by an operator, stays as
 * it is.
 */
@PortAdapter
final class ExampleStores {
  private static final Logger log = LoggerFactory.getLogger(ExampleStores.class);
  private static final String SECTION = "copyhold.example-stores";
  private static final int HOMES_MAX = 2_000;
  private static final int CONNECTIONS_MAX = 16;
  private static final int WORK_MAX = 8;
  private static final long RETRY_MS = 1_000;

  private final Entities entities;
  private final Secrets secrets;
  private final Config config;

  ExampleStores(Entities entities, Secrets secrets, Config config) {
    this.entities = entities;
    this.secrets = secrets;
    this.config = config;
  }

  /** Blocks until each is registered. */
  void register() throws IOException, InterruptedException {
    if (!config.hasPath(SECTION)) {
      return;
    }
    for (String name : config.getObject(SECTION).keySet()) {
      register(name, config.getConfig(SECTION + "." + name));
    }
  }

  private void register(String name, Config store) throws IOException, InterruptedException {
    SecretRef secret = new SecretRef("stores/" + name + "/admin");
    String password = Files.readString(Path.of(store.getString("password-file"))).strip();
    secrets.put(secret, Secret.of(password));
    Store.Registration registration =
        new Store.Registration(
            name,
            StoreAddress.POSTGRESQL,
            store.getString("host"),
            store.getInt("port"),
            store.getString("user"),
            secret.toString(),
            null,
            store.getString("ssl-mode"),
            "local",
            "standard",
            new Store.Capacity(HOMES_MAX, CONNECTIONS_MAX, WORK_MAX),
            List.of("example"));
    EntityRef ref = new EntityRef(Store.TYPE.name(), name);
    while (true) {
      switch (ask(ref, new Store.Command.Register(registration))) {
        case Reply.Applied applied -> {
          if (!applied.events().isEmpty()) {
            log.atInfo().addKeyValue("store", name).log("example store registered");
          }
          return;
        }
        case Reply.Refused _ -> {
          readdress(ref, registration); // all but its address stays as an operator left it
          return;
        }
        case Reply.NotNow _ -> Thread.sleep(RETRY_MS);
      }
    }
  }

  private void readdress(EntityRef ref, Store.Registration registration) {
    Reply reply =
        ask(
            ref,
            new Store.Command.Update(
                registration.host(),
                registration.port(),
                null,
                null,
                null,
                null,
                null,
                null,
                null));
    if (reply instanceof Reply.Refused(var problem)) {
      log.atWarn().addKeyValue("store", ref.id()).log("kept as it is: {}", problem);
    }
  }

  private Reply ask(EntityRef ref, Store.Command command) {
    return Await.answer(
        entities.ask(ref, command, Origin.SYSTEM),
        Problem.unavailable("no-answer", "The store's entity does not answer.").at(ref.toString()));
  }
}
