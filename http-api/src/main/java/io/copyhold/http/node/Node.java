package io.copyhold.http.node;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.copyhold.config.node.Departure;
import io.copyhold.config.node.LeaseSetup;
import io.copyhold.config.node.Membership;
import io.copyhold.config.node.NodeCommand;
import io.copyhold.config.node.NodeRegister;
import io.copyhold.config.node.NodeSettings;
import io.copyhold.config.node.PauseWatch;
import io.copyhold.config.node.SteadyAllocation;
import io.copyhold.config.secret.SealedSecrets;
import io.copyhold.config.secret.Secrets;
import io.copyhold.failover.divergence.Verification;
import io.copyhold.failover.divergence.VerificationSettings;
import io.copyhold.http.admin.AdminServer;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.RuntimeConfig;
import io.copyhold.runtime.agenda.Agenda;
import io.copyhold.runtime.agenda.AgendaDaemon;
import io.copyhold.runtime.agenda.AgendaSettings;
import io.copyhold.runtime.entity.EntityType;
import io.copyhold.runtime.entity.EntityTypes;
import io.copyhold.runtime.entity.Hosting;
import io.copyhold.runtime.entity.JournalHistory;
import io.copyhold.runtime.entity.LifeWatch;
import io.copyhold.runtime.entity.NodeLife;
import io.copyhold.runtime.entity.Ports;
import io.copyhold.runtime.entity.Quarantines;
import io.copyhold.runtime.entity.Reply;
import io.copyhold.runtime.entity.ShardOwnership;
import io.copyhold.runtime.entity.ShardedEntities;
import io.copyhold.runtime.entity.ShellSettings;
import io.copyhold.runtime.operation.OperationTypes;
import io.copyhold.runtime.operation.Operations;
import io.copyhold.runtime.telemetry.Telemetry;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.pekko.Done;
import org.apache.pekko.actor.BootstrapSetup;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.setup.ActorSystemSetup;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.UniqueAddress;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.pattern.Patterns;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running node, put together in this order:
 *
 * <ol>
 *   <li>the control database is reached (waited for, if it is away) and its tables are there;
 *   <li>the actor system, its ports, and the entity types it hosts;
 *   <li>membership: the node meets the others through the control database;
 *   <li>the directory follows the journal;
 *   <li>the admin API opens; it is ready once the node is a member.
 * </ol>
 *
 * A stop takes the same way back: requests end, shards are handed over, the node leaves.
 */
@PortAdapter
public final class Node {
  private static final Logger log = LoggerFactory.getLogger(Node.class);
  private static final String SHUTDOWN_BY_TERMINATE =
      "pekko.coordinated-shutdown.run-by-actor-system-terminate";

  private final NodeSettings settings;
  private final ActorSystem<Void> system;
  private final ControlPlane control;
  private final ExecutorService blocking;
  private final Edges edges;
  private final PauseWatch watch;
  private final Verification verification;
  private final AtomicBoolean retiring = new AtomicBoolean();
  private final CompletableFuture<Integer> ended = new CompletableFuture<>();

  /** Who ends without being asked to was removed by the others, and must start anew. */
  private volatile int status = Main.RESTART;

  private Node(Config user) throws ExecutionException, InterruptedException {
    this.settings = NodeSettings.from(RuntimeConfig.of(user));
    Config config =
        RuntimeConfig.of(
            addresses(settings)
                .withFallback(user)
                .withFallback(NodeSettings.profileOf(settings.profile())));
    this.blocking = Executors.newVirtualThreadPerTaskExecutor();
    EntityTypes types = new EntityTypes(Wiring.stored());
    this.control = ControlPlane.open(config, types, blocking);
    List<NodeExtension.Part> parts =
        NodeExtension.all().stream().map(extension -> extension.open(config, settings)).toList();
    InstantSource clock = InstantSource.system();
    for (NodeExtension.Part part : parts) {
      clock = part.clock(clock);
    }
    this.verification = new Verification(control.timelines(), VerificationSettings.from(config));
    Secrets secrets = SealedSecrets.open(control.secrets(), settings.keyFile());
    this.system =
        ActorSystem.create(
            Behaviors.empty(),
            "copyhold",
            ActorSystemSetup.create(
                BootstrapSetup.create(config),
                types,
                control.journal(),
                new LeaseSetup(control.splits(), blocking)));
    Cluster cluster = Cluster.get(system);
    String name = AgendaDaemon.node(cluster.selfMember());
    control.started(system, name);
    AgendaSettings agendaSettings = AgendaSettings.from(config);
    Agenda agenda = control.agenda(agendaSettings);
    ShellSettings shell = ShellSettings.from(config);
    NodeLife inHand =
        new NodeLife(
            control.lives(), LifeWatch.members(system), shell.carefulFor(), InstantSource.system());
    inHand.begin(settings.name());
    LifeWatch.start(system, inHand);
    Quarantines quarantines =
        new Quarantines(inHand, entity -> parts.stream().anyMatch(part -> part.poisons(entity)));
    NodeSettings known = NodeSettings.from(config); // with what the profile sets
    NodeRegister register = control.register(known.membership().deadAfter());
    UniqueAddress self = cluster.selfMember().uniqueAddress();
    this.watch =
        PauseWatch.start(
            known.pauses(),
            () -> register.standing(self.address().toString(), self.longUid()),
            blocking,
            () -> depart(new Departure(Departure.Kind.GONE, "others have taken over")));
    Surroundings surroundings = Surroundings.watch(system);
    ShardedEntities entities =
        new ShardedEntities(
            system,
            shell.askMax(),
            new Hosting(
                watch::open,
                verification::unverified,
                type ->
                    new SteadyAllocation(
                        type, known.balance(), surroundings::steady, surroundings::handOver)));
    JournalHistory history = new JournalHistory(system, control.events(), types, quarantines);
    this.edges =
        Edges.open(
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
    edges.show(agenda);
    control.listen(edges::stored);
    edges.show(watch);
    Telemetry telemetry = edges.telemetry();
    Ports ports =
        new Ports(
            clock,
            new SecureRandom(),
            watch.fenced(blocking),
            agenda,
            new ShardOwnership(control.terms()),
            entities,
            quarantines,
            telemetry,
            shell,
            name);
    OperationTypes operationTypes = edges.operations();
    Operations operations = new Operations(operationTypes, types.codec(), history);
    for (EntityType<?, ?, ?> type : Wiring.sharded()) {
      host(type, entities, ports, types, history, operations);
    }
    edges.watch(ports, history, operationTypes, types);
    edges.verify();
    AgendaDaemon.start(
        system,
        agenda,
        agendaSettings,
        due -> entities.wake(due).thenApply(reply -> !(reply instanceof Reply.NotNow)));
    ClusterNodes nodes =
        new ClusterNodes(
            system,
            register,
            Wiring.sharded().stream().map(EntityType::name).toList(),
            known.balance().steadyFor());
    NodeReport report =
        new NodeReport(
            settings,
            version(settings),
            edges::port,
            edges.metrics(),
            watch,
            quarantines,
            nodes,
            edges::lagMs,
            retiring::get);
    system.systemActorOf(
        Membership.create(
            settings.name(),
            register,
            known.membership(),
            blocking,
            this::depart,
            report,
            surroundings::look),
        "membership",
        org.apache.pekko.actor.typed.Props.empty());
    onShutdown(
        inHand,
        new ShardHandOver(system, nodes, surroundings, known.balance().handOverFor()),
        config.getDuration("copyhold.http.retire-for"));
    edges.serve(
        () -> !retiring.get() && cluster.selfMember().status().equals(MemberStatus.up()),
        ports.clock(),
        nodes);
  }

  /** Starts a node; blocks until its admin API is open. */
  public static Node start(Config user) throws ExecutionException, InterruptedException {
    return new Node(user);
  }

  public NodeSettings settings() {
    return settings;
  }

  /** Where the admin API listens. */
  public InetSocketAddress address() {
    return edges.server().address();
  }

  private void depart(Departure departure) {
    switch (departure.kind()) {
      case LEAVE -> stop(NodeCommand.LEFT);
      case RESTART -> stop(Main.RESTART);
      case GONE -> {
        log.atWarn().addKeyValue("why", departure.why()).log("ending at once");
        if (settings.supervised()) {
          // nothing that is under way may come to its end here: the others go on with it
          Runtime.getRuntime().halt(Main.RESTART);
        }
        stop(Main.RESTART);
      }
    }
  }

  /** Ends it cleanly, once; the process then ends with {@code exitStatus}. */
  public void stop(int exitStatus) {
    status = exitStatus;
    CoordinatedShutdown.get(system).runAll(CoordinatedShutdown.clusterLeavingReason());
  }

  /**
   * Ends it as a crash would, as far as a process that goes on can: nothing is handed over, nobody
   * is told, steps under way are abandoned. For tests of what comes after; they cut the node off
   * from its databases first, since threads end later than processes. Needs {@code
   * pekko.coordinated-shutdown.run-by-actor-system-terminate = off} and the same of the cluster;
   * blocks until all has ended.
   */
  public void crash() throws ExecutionException, InterruptedException {
    watch.close();
    verification.close();
    if (system.settings().config().getBoolean(SHUTDOWN_BY_TERMINATE)) {
      throw new IllegalStateException(SHUTDOWN_BY_TERMINATE + " is on: that would be a clean stop");
    }
    blocking.shutdownNow();
    system.terminate();
    ended.get();
    edges.close();
    blocking.close();
  }

  /** Blocks until the node has ended, by itself or because it was told to. */
  public int awaitEnd() throws ExecutionException, InterruptedException {
    return ended.get();
  }

  private static Config addresses(NodeSettings settings) {
    return ConfigFactory.parseMap(
        Map.of(
            "pekko.remote.artery.canonical.hostname", settings.remotingHost(),
            "pekko.remote.artery.canonical.port", settings.remotingPort(),
            "pekko.remote.artery.bind.port",
                settings.remotingBindPort() == 0
                    ? settings.remotingPort()
                    : settings.remotingBindPort(),
            "pekko.remote.artery.advanced.tcp.outbound-client-hostname", settings.remotingSource(),
            "copyhold.http.host", settings.httpHost(),
            "copyhold.http.port", settings.httpPort(),
            "pekko.cluster.app-version", version(settings)));
  }

  private static String version(NodeSettings settings) {
    String version = settings.version().isEmpty() ? Edges.version() : settings.version();
    return version.matches("[0-9].*") ? version : "0.0.0-" + version;
  }

  private static <S, C, E> void host(
      EntityType<S, C, E> type,
      ShardedEntities entities,
      Ports ports,
      EntityTypes types,
      JournalHistory history,
      Operations operations) {
    entities.host(type, ports, types, history, operations.reactor(type));
  }

  private void onShutdown(NodeLife inHand, ShardHandOver handOver, Duration retireFor) {
    CoordinatedShutdown shutdown = CoordinatedShutdown.get(system);
    shutdown.addTask(
        CoordinatedShutdown.PhaseBeforeServiceUnbind(),
        "retire",
        () -> {
          retiring.set(true);
          return handOver.done().thenCompose(_ -> retire(retireFor));
        });
    shutdown.addTask(
        CoordinatedShutdown.PhaseServiceUnbind(),
        "admin-api",
        () ->
            edges
                .opened()
                .map(AdminServer::stop)
                .orElse(CompletableFuture.completedFuture(Done.getInstance())));
    shutdown.addTask(
        CoordinatedShutdown.PhaseBeforeActorSystemTerminate(),
        "edges",
        () ->
            CompletableFuture.supplyAsync(
                () -> {
                  edges.close();
                  inHand.end();
                  return Done.getInstance();
                },
                blocking));
    system
        .getWhenTerminated()
        .whenComplete((_, _) -> {
          watch.close();
          verification.close();
          control.close();
          ended.complete(status);
        });
  }

  /** Clients end their connections after an answer, and look elsewhere. */
  private CompletionStage<Done> retire(Duration lasting) {
    edges.opened().ifPresent(AdminServer::retire);
    return Patterns.after(
        lasting,
        Adapter.toClassic(system),
        () -> CompletableFuture.completedFuture(Done.getInstance()));
  }

  /** The problem of a start that failed inside a future. */
  static RuntimeException unwrap(ExecutionException e) {
    return e.getCause() instanceof ProblemException problem
        ? problem
        : new IllegalStateException("the node cannot start", e.getCause());
  }
}
