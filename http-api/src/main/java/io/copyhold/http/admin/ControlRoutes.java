package io.copyhold.http.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.failover.backup.Backups;
import io.copyhold.failover.backup.ControlBackup;
import io.copyhold.failover.backup.Taken;
import io.copyhold.failover.divergence.Reconciliation;
import io.copyhold.failover.divergence.Verification;
import io.copyhold.http.auth.Permission;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.journal.Timeline;
import io.copyhold.tenants.pool.Pool;
import io.copyhold.tenants.tenant.Profile;
import io.copyhold.tenants.tenant.Tenant;
import io.copyhold.tenants.tenant.TenantCommand;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The control plane's own safety: which past its journal has, and the owners that are behind their
 * homes, compared and reconciled.
 */
public final class ControlRoutes implements MoreRoutes {
  private static final String CONTROL = "/v1/control";
  private static final String DIVERGED = "/v1/diverged";
  private static final String TENANT = "/v1/tenants/{id}/reconcile";
  private static final String POOL = "/v1/pools/{id}/reconcile";
  private static final int LIMIT_MAX = 1_000;

  /** What a tenant is that the journal does not know; left out for one that it knows. */
  record Known(
      String name,
      String plan,
      String region,
      String tier,
      @Nullable Map<String, String> settings,
      @Nullable List<String> tags) {}

  private final Listing listing;
  private final Backups backups;
  private final boolean possible;
  private final Verification verification;
  private final Reconciliation reconciliation;

  /**
   * @param possible false where the control database is not one that we back up
   */
  public ControlRoutes(
      Listing listing,
      Backups backups,
      boolean possible,
      Verification verification,
      Reconciliation reconciliation) {
    this.listing = listing;
    this.backups = backups;
    this.possible = possible;
    this.verification = verification;
    this.reconciliation = reconciliation;
  }

  @Override
  public List<Route> routes(Resource.Shared shared, int body) {
    return List.of(
        Route.get(CONTROL, call -> Answer.json(200, control(call, shared))),
        Route.command("POST", CONTROL + "/verify", this::verify),
        Route.command(
            "POST", CONTROL + "/backups", call -> begin(call, shared, ControlBackup.Task.BACKUP)),
        Route.command(
            "POST", CONTROL + "/drills", call -> begin(call, shared, ControlBackup.Task.DRILL)),
        Route.get(DIVERGED, call -> Answer.json(200, diverged(call, shared))).taking("limit"),
        Route.command("POST", TENANT, call -> tenant(call, shared)).withBody(body),
        Route.command("POST", POOL, call -> pool(call, shared)).withBody(body));
  }

  @Override
  public Map<String, Permission> permissions() {
    return asked();
  }

  static Map<String, Permission> asked() {
    return Map.of(
        "GET " + CONTROL, Permission.CONTROL_READ,
        "POST " + CONTROL + "/verify", Permission.CONTROL_WRITE,
        "POST " + CONTROL + "/backups", Permission.CONTROL_WRITE,
        "POST " + CONTROL + "/drills", Permission.CONTROL_WRITE,
        "GET " + DIVERGED, Permission.CONTROL_READ,
        "POST " + TENANT, Permission.HOME_RECONCILE,
        "POST " + POOL, Permission.HOME_RECONCILE);
  }

  private Answer begin(Call call, Resource.Shared shared, ControlBackup.Task task)
      throws InterruptedException {
    if (!possible) {
      throw new ProblemException(
          Problem.conflict(
                  "backup-elsewhere", "the control plane is in Cassandra, which we do not back up")
              .todo("take snapshots with its own tools"));
    }
    Resource resource = Kinds.resource(ControlBackup.TYPE.name(), shared);
    return Resource.changed(
        resource.ask(call, ControlBackup.REF, new ControlBackup.Command.Begin(task)));
  }

  private ObjectNode control(Call call, Resource.Shared shared)
      throws IOException, InterruptedException {
    ObjectNode tree = timeline();
    JsonNode state = Kinds.view(call, shared.entities(), ControlBackup.REF);
    for (String field : List.of("plan", "task", "drilled", "backupProblem", "drillProblem")) {
      if (state.hasNonNull(field)) {
        tree.set(field, state.get(field));
      }
    }
    ArrayNode list = tree.putArray("backups");
    for (Taken taken : backups.list()) {
      list.addObject()
          .put("id", taken.id())
          .put("at", taken.at().toString())
          .put("tookMs", taken.tookMs())
          .put("bytes", taken.bytes())
          .put("files", taken.files())
          .put("events", taken.eventsTotal());
    }
    return tree.put("directory", backups.settings().directory().toString());
  }

  private ObjectNode timeline() {
    Timeline timeline = verification.timeline();
    ObjectNode tree = Mappers.JSON.createObjectNode();
    ObjectNode line =
        tree.putObject("timeline")
            .put("floor", timeline.floor())
            .put("since", timeline.since().toString())
            .put("reason", timeline.reason())
            .put("server", timeline.server());
    if (timeline.verified() != null) {
      line.put("verified", timeline.verified().toString());
    }
    return tree.put("waiting", verification.waiting());
  }

  /** Where a server was put back without a trace, such as from a copy of its disk. */
  private Answer verify(Call call) {
    if (!call.dryRun()) {
      verification.begin();
    }
    return Answer.json(202, timeline()).with("Location", CONTROL);
  }

  private ObjectNode diverged(Call call, Resource.Shared shared) throws InterruptedException {
    int limit = call.number("limit", 100, 1, LIMIT_MAX);
    ObjectNode tree = Mappers.JSON.createObjectNode();
    ArrayNode items = tree.putArray("items");
    long total = 0;
    long lagMs = 0;
    Set<String> tenants = shared.access().tenants(call.who());
    for (String type : List.of(Pool.TYPE.name(), Tenant.TYPE.name())) {
      if (tenants != null && (tenants.isEmpty() || !type.equals(Tenant.TYPE.name()))) {
        continue; // beyond the scope of who asks
      }
      Map<String, List<String>> filters = new HashMap<>(Map.of("state", List.of("diverged")));
      if (tenants != null) {
        filters.put("id", List.copyOf(tenants));
      }
      Listing.Page page = listing.list(Listing.Query.of(type, filters, limit));
      total += page.total();
      lagMs = Math.max(lagMs, page.lagMs());
      for (Listing.Row row : page.rows()) {
        if (items.size() < limit) {
          items.add(
              Entries.named(row.entity(), row.version())
                  .put("updatedAt", row.updatedAt().toString())
                  .set("summary", row.summary()));
        }
      }
    }
    return tree.put("total", total).put("lagMs", lagMs);
  }

  private Answer tenant(Call call, Resource.Shared shared) throws InterruptedException {
    EntityRef tenant = Kinds.resource(Tenant.TYPE.name(), shared).entity(call);
    Profile profile = null;
    if (call.body().length > 0) {
      Known known = call.body(Known.class);
      profile =
          new Profile(
              tenant.id(),
              known.name(),
              known.plan(),
              known.region(),
              known.tier(),
              known.settings() == null ? Map.of() : known.settings(),
              known.tags() == null ? List.of() : known.tags());
    }
    return reconcile(call, tenant, new TenantCommand.Reconcile(profile));
  }

  private Answer pool(Call call, Resource.Shared shared) throws InterruptedException {
    EntityRef pool = Kinds.resource(Pool.TYPE.name(), shared).entity(call);
    Pool.Spec spec = call.body().length > 0 ? new PoolRoutes(shared).spec(call, pool) : null;
    return reconcile(call, pool, new Pool.Command.Reconcile(spec));
  }

  private Answer reconcile(Call call, EntityRef owner, Object command) {
    Origin origin = call.origin();
    return Resource.changed(reconciliation.reconcile(owner, command, origin, call.dryRun()));
  }

  @Override
  public String contract() {
    return page();
  }

  static String page() {
    try (InputStream in = ControlRoutes.class.getResourceAsStream("control.yaml")) {
      if (in == null) {
        throw new IllegalStateException("control.yaml is missing in this jar");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
