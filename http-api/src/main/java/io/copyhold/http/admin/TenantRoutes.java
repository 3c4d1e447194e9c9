package io.copyhold.http.admin;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.tenants.changelog.Target;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.store.ConnectionInfo;
import io.copyhold.tenants.tenant.Home;
import io.copyhold.tenants.tenant.Profile;
import io.copyhold.tenants.tenant.Tenant;
import io.copyhold.tenants.tenant.TenantCommand;
import io.copyhold.tenants.tenant.Wish;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tenants: onboarded, configured, suspended, migrated, adopted, offboarded; and how to connect to
 * them.
 */
final class TenantRoutes {
  private static final Logger log = LoggerFactory.getLogger(TenantRoutes.class);
  private static final String TYPE = Tenant.TYPE.name();
  private static final String ITEM = "/v1/tenants/{id}";

  /** How a home is kept apart, as it stands in JSON. */
  enum Apart {
    @JsonProperty("database")
    DATABASE(Isolation.DATABASE),
    @JsonProperty("schema")
    SCHEMA(Isolation.SCHEMA),
    @JsonProperty("pool")
    POOL(Isolation.POOL);

    private final Isolation isolation;

    Apart(Isolation isolation) {
      this.isolation = isolation;
    }

    Isolation isolation() {
      return isolation;
    }
  }

  /**
   * @param version null for the changelog's latest
   */
  record Onboarding(
      String name,
      String plan,
      String region,
      String tier,
      Apart isolation,
      @Nullable String store,
      @Nullable String pool,
      String changelog,
      @Nullable String version,
      @Nullable Map<String, String> settings,
      @Nullable List<String> tags) {}

  /**
   * @param isolation null for {@code schema} when a schema is named, else {@code database}
   * @param schema null for {@code public} of a whole database
   * @param version of the changelog that it already has
   */
  record Adoption(
      String name,
      String plan,
      String region,
      String tier,
      String store,
      @Nullable Apart isolation,
      String database,
      @Nullable String schema,
      String changelog,
      String version,
      @Nullable Map<String, String> settings,
      @Nullable List<String> tags) {}

  record SettingsPatch(@Nullable Map<String, String> set, @Nullable List<String> remove) {}

  record TagsPatch(@Nullable List<String> add, @Nullable List<String> remove) {}

  record NewName(String name) {}

  record Suspension(String reason) {}

  /**
   * @param version null for the changelog's latest
   */
  record Migration(@Nullable String version) {}

  private final Resource resource;
  private final Resource.Shared shared;
  private final Connections connections;

  TenantRoutes(Resource.Shared shared, Connections connections) {
    this.resource = Kinds.resource(TYPE, shared);
    this.shared = shared;
    this.connections = connections;
  }

  List<Route> routes(int body) {
    List<Route> routes = new ArrayList<>(resource.reads());
    routes.add(Route.command("PUT", ITEM, this::onboard).taking("again").withBody(body));
    routes.add(
        resource
            .command(
                "DELETE", "", call -> new TenantCommand.Offboard(call.one("confirm").orElse("")))
            .taking("confirm"));
    routes.add(
        resource
            .command(
                "PATCH",
                "/settings",
                call -> {
                  SettingsPatch patch = call.body(SettingsPatch.class);
                  return new TenantCommand.Configure(
                      patch.set() == null ? Map.of() : patch.set(), none(patch.remove()));
                })
            .withBody(body));
    routes.add(
        resource
            .command(
                "PATCH",
                "/tags",
                call -> {
                  TagsPatch patch = call.body(TagsPatch.class);
                  return new TenantCommand.Tag(none(patch.add()), none(patch.remove()));
                })
            .withBody(body));
    routes.add(
        resource
            .command(
                "PUT", "/name", call -> new TenantCommand.Rename(call.body(NewName.class).name()))
            .withBody(body));
    routes.add(
        resource
            .command(
                "POST",
                "/suspend",
                call -> new TenantCommand.Suspend(call.body(Suspension.class).reason()))
            .withBody(body));
    routes.add(resource.command("POST", "/resume", _ -> new TenantCommand.Resume()));
    routes.add(resource.command("POST", "/migrate", this::migrate).withBody(body));
    routes.add(Route.command("PUT", ITEM + "/adoption", this::adopt).withBody(body));
    routes.add(
        resource.command("POST", "/adoption/confirm", _ -> new TenantCommand.ConfirmAdoption()));
    routes.add(resource.command("DELETE", "/adoption", _ -> new TenantCommand.AbandonAdoption()));
    routes.add(Route.get(ITEM + "/connection", this::connection));
    return routes;
  }

  private static List<String> none(@Nullable List<String> words) {
    return words == null ? List.of() : words;
  }

  private Answer onboard(Call call) throws InterruptedException {
    EntityRef tenant = Kinds.creating(call, TYPE);
    Onboarding wanted = call.body(Onboarding.class);
    Target target = Kinds.target(call, shared.entities(), wanted.changelog(), wanted.version());
    Profile profile =
        new Profile(
            tenant.id(),
            wanted.name(),
            wanted.plan(),
            wanted.region(),
            wanted.tier(),
            wanted.settings() == null ? Map.of() : wanted.settings(),
            none(wanted.tags()));
    Wish wish = new Wish(wanted.isolation().isolation(), wanted.store(), wanted.pool(), target);
    boolean again = call.one("again", "true or false", Call::bool).orElse(false);
    return Resource.changed(
        resource.ask(call, tenant, new TenantCommand.Onboard(profile, wish, again)));
  }

  private Answer adopt(Call call) throws InterruptedException {
    EntityRef tenant = Kinds.creating(call, TYPE);
    Adoption wanted = call.body(Adoption.class);
    Isolation isolation =
        wanted.isolation() != null
            ? wanted.isolation().isolation()
            : wanted.schema() == null ? Isolation.DATABASE : Isolation.SCHEMA;
    Profile profile =
        new Profile(
            tenant.id(),
            wanted.name(),
            wanted.plan(),
            wanted.region(),
            wanted.tier(),
            wanted.settings() == null ? Map.of() : wanted.settings(),
            none(wanted.tags()));
    Target baseline = Kinds.target(call, shared.entities(), wanted.changelog(), wanted.version());
    return Resource.changed(
        resource.ask(
            call,
            tenant,
            new TenantCommand.Adopt(
                profile,
                new Tenant.Found(
                    wanted.store(), isolation, wanted.database(), wanted.schema(), baseline))));
  }

  private TenantCommand migrate(Call call) throws InterruptedException {
    Migration wanted = call.body(Migration.class);
    Home home = home(call, resource.entity(call));
    return new TenantCommand.MigrateTo(
        Kinds.target(call, shared.entities(), home.changelog(), wanted.version()),
        Kinds.request(call));
  }

  private Home home(Call call, EntityRef tenant) throws InterruptedException {
    return home(
        tenant,
        Mappers.JSON.convertValue(Kinds.view(call, shared.entities(), tenant), Tenant.class));
  }

  private static Home home(EntityRef tenant, Tenant state) {
    return switch (state) {
      case Tenant.Diverged diverged -> home(tenant, diverged.before());
      case Tenant.Live live -> live.home();
      case Tenant.Offboarding offboarding -> offboarding.home();
      case Tenant.Absent _,
          Tenant.Provisioning _,
          Tenant.ProvisioningFailed _,
          Tenant.Adopting _,
          Tenant.Offboarded _ ->
          throw new ProblemException(
              Problem.conflict("tenant-homeless", tenant + " has no home now")
                  .at(tenant.toString())
                  .todo("look at its state; wait for its operation, or onboard it again"));
    };
  }

  /**
   * Shows a password: it has a permission of its own, is never cached, and leaves a line in the
   * log.
   */
  private Answer connection(Call call) throws InterruptedException {
    EntityRef tenant = resource.entity(call);
    Home home = home(call, tenant);
    Connections.Found found = connections.find(tenant.id(), home);
    log.atInfo()
        .addKeyValue("tenant", tenant.id())
        .addKeyValue("principal", call.who().origin())
        .addKeyValue("trace_id", call.trace().traceId())
        .log("connection string shown");
    ConnectionInfo info = found.info();
    ObjectNode tree =
        Mappers.JSON
            .createObjectNode()
            .put("tenant", tenant.id())
            .put("host", info.host())
            .put("port", info.port())
            .put("database", info.database())
            .put("schema", info.schema())
            .put("user", info.user())
            .put("password", new String(found.password()))
            .put("sslMode", info.sslMode())
            .put("uri", info.uri(found.password()));
    return Answer.json(200, tree).with("Cache-Control", "no-store");
  }
}
