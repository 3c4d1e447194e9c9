package io.copyhold.http.node;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.copyhold.config.node.NodeSettings;
import io.copyhold.config.node.PauseWatch;
import io.copyhold.config.secret.Secrets;
import io.copyhold.failover.backup.BackupSettings;
import io.copyhold.failover.backup.Backups;
import io.copyhold.failover.backup.ControlBackup;
import io.copyhold.failover.backup.ControlOperations;
import io.copyhold.failover.backup.Drill;
import io.copyhold.failover.divergence.Reconciliation;
import io.copyhold.failover.divergence.Verification;
import io.copyhold.http.admin.AdminApi;
import io.copyhold.http.admin.AdminServer;
import io.copyhold.http.admin.AdminSettings;
import io.copyhold.http.admin.Connections;
import io.copyhold.http.admin.ControlRoutes;
import io.copyhold.http.admin.Diagnosis;
import io.copyhold.http.admin.HealthCheck;
import io.copyhold.http.admin.MoreRoutes;
import io.copyhold.http.admin.Nodes;
import io.copyhold.http.admin.RouteTable;
import io.copyhold.http.auth.Authenticator;
import io.copyhold.http.auth.Revocations;
import io.copyhold.http.auth.Tokens;
import io.copyhold.http.stream.Changes;
import io.copyhold.migration.rollout.NodeSignals;
import io.copyhold.migration.rollout.ProbeSettings;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.agenda.Agenda;
import io.copyhold.runtime.entity.Entities;
import io.copyhold.runtime.entity.EntityTypes;
import io.copyhold.runtime.entity.History;
import io.copyhold.runtime.entity.LifeWatch;
import io.copyhold.runtime.entity.Ports;
import io.copyhold.runtime.entity.Recordings;
import io.copyhold.runtime.entity.Reply;
import io.copyhold.runtime.entity.ShardedEntities;
import io.copyhold.runtime.journal.Blobs;
import io.copyhold.runtime.journal.Feed;
import io.copyhold.runtime.journal.FeedSettings;
import io.copyhold.runtime.journal.JournalSettings;
import io.copyhold.runtime.journal.Timeline;
import io.copyhold.runtime.operation.Definitions;
import io.copyhold.runtime.operation.DirectoryOperations;
import io.copyhold.runtime.operation.OperationSweep;
import io.copyhold.runtime.operation.OperationType;
import io.copyhold.runtime.operation.OperationTypes;
import io.copyhold.runtime.operation.Proofs;
import io.copyhold.runtime.operation.SweepSettings;
import io.copyhold.runtime.postgres.EmbeddedPostgresSettings;
import io.copyhold.runtime.replay.Replays;
import io.copyhold.runtime.telemetry.Metrics;
import io.copyhold.runtime.telemetry.OpenTelemetryTelemetry;
import io.copyhold.runtime.telemetry.Telemetry;
import io.copyhold.runtime.telemetry.TelemetrySettings;
import io.copyhold.runtime.view.Directory;
import io.copyhold.runtime.view.DirectorySettings;
import io.copyhold.runtime.view.Query;
import io.copyhold.tenants.changelog.JournaledScripts;
import io.copyhold.tenants.placement.DirectoryHomes;
import io.copyhold.tenants.pool.Pool;
import io.copyhold.tenants.store.BudgetSettings;
import io.copyhold.tenants.store.DataStores;
import io.copyhold.tenants.store.EntityAddresses;
import io.copyhold.tenants.store.RegisteredStores;
import io.copyhold.tenants.store.StoreBudgets;
import io.copyhold.tenants.store.StoreSettings;
import io.copyhold.tenants.store.postgres.PostgresEngine;
import io.copyhold.tenants.store.postgres.ddl.BackfillSettings;
import io.copyhold.tenants.store.postgres.ddl.DdlSettings;
import io.copyhold.tenants.tenant.Tenant;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.BooleanSupplier;
import org.apache.pekko.actor.typed.ActorSystem;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What surrounds the entities of a node: stores, secrets, directory, telemetry, and the admin API.
 */
@PortAdapter
final class Edges implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Edges.class);

  private final Config config;
  private final NodeSettings settings;
  private final ActorSystem<?> system;
  private final ControlPlane control;
  private final Secrets secrets;
  private final ShardedEntities entities;
  private final History history;
  private final ExecutorService blocking;
  private final List<NodeExtension.Part> parts;
  private final Verification verification;
  private final EntityTypes types;
  private final Backups backups;
  private final Blobs blobs;
  private final Directory directory;
  private final io.copyhold.runtime.view.Changes changes;
  private final ScheduledExecutorService timer;
  private final StoreBudgets budgets;
  private final DataStores stores;
  private final Metrics metrics;
  private final OpenTelemetryTelemetry telemetry;
  private @Nullable Diagnosis diagnosis;

  /** Its tasks never block: requests that are held wait for it. */
  private final ScheduledExecutorService holding = Executors.newSingleThreadScheduledExecutor();

  private final Entities patient;
  private final CompletableFuture<AdminServer> server = new CompletableFuture<>();

  private Edges(
      Config config,
      NodeSettings settings,
      ActorSystem<?> system,
      EntityTypes types,
      ControlPlane control,
      Secrets secrets,
      ShardedEntities entities,
      History history,
      ExecutorService blocking,
      List<NodeExtension.Part> parts,
      InstantSource clock,
      Verification verification,
      Surroundings surroundings) {
    this.config = config;
    this.settings = settings;
    this.system = system;
    this.control = control;
    this.secrets = secrets;
    this.entities = entities;
    this.history = history;
    this.blocking = blocking;
    this.parts = parts;
    this.verification = verification;
    this.types = types;
    this.backups =
        new Backups(BackupSettings.from(config, settings.data()), InstantSource.system());
    this.blobs = control.blobs();
    this.metrics = new Metrics(version());
    this.telemetry =
        OpenTelemetryTelemetry.start(TelemetrySettings.from(config), settings.name(), metrics);
    Feed feed = control.feed();
    this.directory =
        Directory.open(
            feed,
            FeedSettings.from(config),
            directorySettings(config, settings, verification.timeline()));
    metrics.gauge(
        "copyhold_directory_lag_seconds",
        "For how long something may be missing from the directory.",
        () -> directory.lagMs() / 1_000.0);
    this.changes = io.copyhold.runtime.view.Changes.start(feed, types.codec(), blocking, config);
    this.timer = Executors.newSingleThreadScheduledExecutor();
    this.patient =
        new PatientEntities(
            entities,
            config.getDuration("copyhold.http.hold-again"),
            config.getDuration("copyhold.http.hold-max"),
            surroundings::shifting,
            holding);
    EntityAddresses addresses = new EntityAddresses(entities);
    this.budgets =
        new StoreBudgets(
            control.permits(),
            addresses,
            BudgetSettings.from(config.getConfig("copyhold.store")),
            clock,
            timer);
    this.stores =
        new RegisteredStores(
            List.of(
                new PostgresEngine(
                    StoreSettings.from(config.getConfig("copyhold.store")),
                    DdlSettings.from(config.getConfig("copyhold.store.ddl")),
                    BackfillSettings.from(config.getConfig("copyhold.store.backfill")),
                    budgets,
                    control.timelines()::of)),
            addresses,
            DataStores.Passwords.in(secrets));
  }

  static Edges open(
      Config config,
      NodeSettings settings,
      ActorSystem<?> system,
      EntityTypes types,
      ControlPlane control,
      Secrets secrets,
      ShardedEntities entities,
      History history,
      ExecutorService blocking,
      List<NodeExtension.Part> parts,
      InstantSource clock,
      Verification verification,
      Surroundings surroundings) {
    return new Edges(
        config,
        settings,
        system,
        types,
        control,
        secrets,
        entities,
        history,
        blocking,
        parts,
        clock,
        verification,
        surroundings);
  }

  /**
   * Unless a path is set, the index lies in the node's own part of the data directory. One per
   * timeline: an index may hold what the journal has lost.
   */
  private static DirectorySettings directorySettings(
      Config config, NodeSettings settings, Timeline timeline) {
    String told = config.getString("copyhold.view.directory.path");
    String path =
        told.isEmpty()
            ? settings.data().resolve("index").resolve(settings.name()).toString()
            : told;
    return DirectorySettings.from(
        ConfigFactory.parseMap(
                java.util.Map.of(
                    "copyhold.view.directory.path",
                    timeline.floor() == 0 ? path : path + "@" + timeline.floor()))
            .withFallback(config));
  }

  Metrics metrics() {
    return metrics;
  }

  /** For how long something may be missing from this node's directory. */
  long lagMs() {
    return directory.lagMs();
  }

  /** Shows the stalls of this process among the numbers. */
  void show(PauseWatch watch) {
    metrics.gauge(
        "copyhold_stalls", "Stalls of this process so far.", () -> watch.pauses().count());
    metrics.gauge(
        "copyhold_stall_longest_seconds",
        "The longest of them.",
        () -> watch.pauses().longest().toMillis() / 1e3);
    metrics.gauge(
        "copyhold_patience_seconds",
        "How long another node may be silent before it counts as unreachable.",
        () -> watch.patience().toMillis() / 1e3);
    metrics.gauge(
        "copyhold_fenced",
        "1 while this node was asleep and does not know yet whether it is still a member.",
        () -> watch.open() ? 0 : 1);
  }

  Telemetry telemetry() {
    return telemetry;
  }

  /** Something was stored in the journal. */
  void stored() {
    directory.stored();
    changes.stored();
  }

  /** Shows the agenda's size and lag among the numbers. */
  void show(Agenda agenda) {
    metrics.gaugeLater("copyhold_agenda_rows", "Wake-ups that are planned.", agenda::sizeLately);
    metrics.gaugeLater(
        "copyhold_agenda_lag_milliseconds",
        "For how long the oldest due wake-up has been waiting.",
        agenda::lagMs);
  }

  /** Starts the sweep over operations, and what the API asks about them. */
  void watch(Ports ports, Recordings recordings, OperationTypes known, EntityTypes types) {
    SweepSettings sweep = SweepSettings.from(config);
    Definitions definitions = control.definitions();
    definitions
        .advertise(known.definitions())
        .whenComplete((_, failure) -> {
          if (failure != null) {
            log.atWarn().setCause(failure).log("what this node can run is not known to others");
          }
        });
    Proofs proofs =
        new Proofs(
            history,
            ports.agenda(),
            entities,
            definitions,
            LifeWatch.members(system),
            sweep.overdueMax());
    DirectoryOperations live = new DirectoryOperations(directory, blocking);
    OperationSweep.start(
        system,
        new OperationSweep.Parts(live, proofs, entities, definitions, ports.clock(), sweep));
    metrics.gaugeLater(
        "copyhold_operations_stalled",
        "Operations whose wait reason is not true.",
        () -> live.count("stalled", "true"));
    metrics.gaugeLater(
        "copyhold_operations_stranded",
        "Operations that no node of the cluster can run.",
        () -> live.count("state", "stranded"));
    diagnosis = new Diagnosis(proofs, new Replays(recordings, types, control.replays()));
  }

  /** Begins to compare owners with their homes whenever the journal may have gone back. */
  void verify() {
    verification.start(
        entities,
        stores,
        () -> {
          directory.rebuild();
          changes.restart();
        });
    metrics.gauge(
        "copyhold_unverified",
        "1 while homes are compared with their owners after the journal went back in time.",
        () -> verification.timeline().verified() == null ? 1 : 0);
    if (!onCassandra()) {
      metrics.gaugeLater(
          "copyhold_control_backup_age_seconds",
          "Since the newest backup of the control database began; -1 when there is none.",
          this::backupAge);
    }
    for (String type : List.of(Tenant.TYPE.name(), Pool.TYPE.name())) {
      metrics.gaugeLater(
          "copyhold_" + type + "s_diverged",
          "Owners that are behind their homes and take no change.",
          () -> diverged(type));
    }
  }

  private java.util.concurrent.CompletionStage<Long> backupAge() {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return backups.age().map(java.time.Duration::toSeconds).orElse(-1L);
          } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
          }
        },
        blocking);
  }

  private java.util.concurrent.CompletionStage<Long> diverged(String type) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return directory
                .list(Query.of(type, 1).where(java.util.Map.of("state", List.of("diverged"))))
                .total();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 0L;
          }
        },
        blocking);
  }

  OperationTypes operations() {
    return Wiring.operations(
        stores,
        secrets,
        entities,
        blobs,
        directory,
        new SecureRandom(),
        new NodeSignals(ProbeSettings.from(config), metrics::value),
        onCassandra() ? List.of() : controlOperations(),
        parts);
  }

  private boolean onCassandra() {
    return JournalSettings.onCassandra(config);
  }

  private List<OperationType<?>> controlOperations() {
    Drill drill =
        new Drill(
            backups,
            EmbeddedPostgresSettings.from(
                config.getConfig("copyhold.postgres.embedded"), settings.data()),
            types.codec(),
            InstantSource.system());
    return ControlOperations.all(backups, drill, JournalSettings.from(config).database());
  }

  /** Opens the admin API; blocks until it is open. */
  void serve(BooleanSupplier member, InstantSource clock, Nodes nodes)
      throws ExecutionException, InterruptedException {
    AdminSettings admin = AdminSettings.from(config);
    Authenticator authenticator = new Authenticator(patient, clock, admin.trust());
    Changes watched = watched();
    Revocations.follow(system, watched, authenticator);
    Tokens tokens = new Tokens(entities, new SecureRandom());
    AdminApi api =
        new AdminApi(
            patient,
            history,
            new DirectoryListing(directory),
            new DirectoryHomes(directory),
            watched,
            tokens,
            authenticator,
            blobs,
            secrets,
            connections(),
            new StoreShapes(stores, new JournaledScripts(patient, blobs)),
            Objects.requireNonNull(diagnosis, "watch comes first"),
            nodes,
            List.of(journal(), membership(member)),
            metrics::scrape,
            admin,
            blocking);
    List<MoreRoutes> more = new ArrayList<>(parts);
    more.add(
        new ControlRoutes(
            new DirectoryListing(directory),
            backups,
            !onCassandra(),
            verification,
            new Reconciliation(verification, entities)));
    RouteTable routes = api.routes(more);
    AdminServer.bind(system, admin, routes, authenticator, clock, blocking, new SecureRandom())
        .whenComplete((opened, failure) -> {
          if (failure == null) {
            server.complete(opened);
          } else {
            server.completeExceptionally(failure);
          }
        });
    server.get();
    blocking.execute(() -> begin(tokens));
  }

  /** What a new cluster needs: the operator's first token, and the example stores. */
  private void begin(Tokens tokens) {
    try {
      FirstToken.ensure(tokens, settings.data());
      new ExampleStores(entities, secrets, config).register();
      scheduleBackups();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (java.io.IOException | RuntimeException e) {
      log.atError().setCause(e).log("the first token or the example stores could not be made");
    }
  }

  private void scheduleBackups() {
    if (onCassandra()) {
      return;
    }
    BackupSettings wanted = backups.settings();
    Reply reply =
        entities
            .ask(
                ControlBackup.REF,
                new ControlBackup.Command.Schedule(wanted.every(), wanted.drillEvery()),
                Origin.of("node:" + settings.name()))
            .toCompletableFuture()
            .join();
    if (!(reply instanceof Reply.Applied)) {
      log.atWarn().log("backups are not scheduled: {}", reply);
    }
  }

  private Changes watched() {
    return from ->
        changes
            .after(from)
            .map(change ->
                new Changes.Change(
                    change.offset(),
                    change.entity(),
                    change.version(),
                    change.event(),
                    change.at(),
                    change.summary()));
  }

  private Connections connections() {
    return new StoreConnections(stores, secrets);
  }

  private HealthCheck journal() {
    return check("journal", control::answers, "the control database does not answer");
  }

  private HealthCheck membership(BooleanSupplier member) {
    return check("member", member, "this node is not a member of the cluster yet");
  }

  private static HealthCheck check(String name, BooleanSupplier condition, String otherwise) {
    return new HealthCheck() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public Verdict look() {
        boolean holds = condition.getAsBoolean();
        return new Verdict(holds, holds ? "good" : otherwise);
      }
    };
  }

  /** Where the admin API listens, or will. */
  int port() {
    return opened().map(open -> open.address().getPort()).orElse(settings.httpPort());
  }

  /** The admin API, once it is open; a start that fails before never opens it. */
  Optional<AdminServer> opened() {
    return server.isDone() && !server.isCompletedExceptionally()
        ? Optional.of(server.join())
        : Optional.empty();
  }

  AdminServer server() {
    return server.join();
  }

  @Override
  public void close() {
    parts.forEach(NodeExtension.Part::close);
    changes.close();
    directory.close();
    stores.close();
    budgets.close();
    timer.shutdownNow();
    holding.shutdownNow();
    telemetry.close();
  }

  static String version() {
    String version = Edges.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }
}
