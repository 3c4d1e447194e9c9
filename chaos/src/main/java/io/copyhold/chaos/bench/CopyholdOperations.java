package io.copyhold.chaos.bench;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.zaxxer.hikari.HikariDataSource;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.RuntimeConfig;
import io.copyhold.runtime.agenda.Agenda;
import io.copyhold.runtime.agenda.AgendaDaemon;
import io.copyhold.runtime.agenda.AgendaSettings;
import io.copyhold.runtime.agenda.PostgresAgenda;
import io.copyhold.runtime.entity.EntityTypes;
import io.copyhold.runtime.entity.JournalHistory;
import io.copyhold.runtime.entity.Message;
import io.copyhold.runtime.entity.Ports;
import io.copyhold.runtime.entity.Quarantine;
import io.copyhold.runtime.entity.Quarantines;
import io.copyhold.runtime.entity.Reactor;
import io.copyhold.runtime.entity.Reply;
import io.copyhold.runtime.entity.ShardOwnership;
import io.copyhold.runtime.entity.ShardedEntities;
import io.copyhold.runtime.entity.ShellSettings;
import io.copyhold.runtime.journal.JournalSchema;
import io.copyhold.runtime.journal.JournalSettings;
import io.copyhold.runtime.journal.JournalThreads;
import io.copyhold.runtime.journal.PostgresJournal;
import io.copyhold.runtime.operation.OperationEntity;
import io.copyhold.runtime.operation.OperationTypes;
import io.copyhold.runtime.operation.Operations;
import io.copyhold.runtime.postgres.ControlDatabase;
import io.copyhold.runtime.postgres.ControlSchema;
import io.copyhold.runtime.postgres.Database;
import io.copyhold.runtime.telemetry.Metrics;
import io.copyhold.runtime.telemetry.OpenTelemetryTelemetry;
import io.copyhold.runtime.telemetry.TelemetrySettings;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.apache.pekko.actor.BootstrapSetup;
import org.apache.pekko.actor.setup.ActorSystemSetup;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;

/**
 * A node of one entity type in this process: sharding, the journal, the agenda with its daemon, and
 * telemetry, as in production; without HTTP and the directory. An operation is done when its owner
 * has stored that it is.
 */
@PortAdapter
final class CopyholdOperations implements OperationsSide {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private final ExecutorService blocking = Executors.newVirtualThreadPerTaskExecutor();
  private final ExecutorService journalThreads = JournalThreads.start();
  private final HikariDataSource pool;
  private final HikariDataSource eventPool;
  private final OpenTelemetryTelemetry telemetry;
  private final ActorSystem<Void> system;
  private final ShardedEntities entities;
  private final Map<String, CompletableFuture<Job.State>> waiting = new ConcurrentHashMap<>();

  CopyholdOperations(Database database) throws Exception {
    Map<String, Object> keys = new HashMap<>(JournalSettings.keys(database));
    // its end is not measured: nothing is handed over
    keys.put("pekko.coordinated-shutdown.run-by-actor-system-terminate", "off");
    keys.put("pekko.cluster.run-coordinated-shutdown-when-down", "off");
    Config config = RuntimeConfig.of(ConfigFactory.parseMap(keys));
    JournalSettings journal = JournalSettings.from(config);
    this.pool = database.pool(journal.sidePool());
    this.eventPool = database.pool(journal.pool());
    new ControlSchema(JournalSchema.parts(), journal.schemaLockMax()).apply(pool);
    EntityTypes types = new EntityTypes(List.of(Job.TYPE, OperationEntity.TYPE, Quarantine.TYPE));
    PostgresJournal events =
        new PostgresJournal(new ControlDatabase(eventPool, journalThreads), types.codec(), journal);
    this.system =
        ActorSystem.create(
            Behaviors.empty(),
            "copyhold",
            ActorSystemSetup.create(BootstrapSetup.create(config), types, events));
    Cluster cluster = Cluster.get(system);
    String name = AgendaDaemon.node(cluster.selfMember());
    events.named(name);
    cluster.manager().tell(Join.create(cluster.selfMember().address()));
    this.telemetry =
        OpenTelemetryTelemetry.start(TelemetrySettings.from(config), name, new Metrics("bench"));
    ShellSettings shell = ShellSettings.from(config);
    AgendaSettings agendaSettings = AgendaSettings.from(config);
    this.entities = new ShardedEntities(system, shell.askMax());
    JournalHistory history = new JournalHistory(system, events.events(), types);
    Ports ports =
        new Ports(
            InstantSource.system(),
            RandomGenerator.getDefault(),
            blocking,
            new PostgresAgenda(new ControlDatabase(pool, blocking), name, agendaSettings),
            new ShardOwnership(events.terms()),
            entities,
            new Quarantines(),
            telemetry,
            shell,
            name);
    Operations operations =
        new Operations(new OperationTypes(List.of(new Job.ThreeSteps())), types.codec(), history);
    Reactor.Factory<Job> engine = operations.reactor(Job.TYPE);
    entities.host(
        Job.TYPE,
        ports,
        types,
        history,
        actor -> new Watched(actor.entity(), engine.create(actor)));
    AgendaDaemon.start(
        system,
        ports.agenda(),
        agendaSettings,
        due -> entities.wake(due).thenApply(reply -> !(reply instanceof Reply.NotNow)));
  }

  ActorSystem<Void> system() {
    return system;
  }

  @Override
  public void run(String id) throws Exception {
    CompletableFuture<Job.State> end = new CompletableFuture<>();
    waiting.put(id, end);
    EntityRef job = new EntityRef(Job.TYPE.name(), id);
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (!(entities
            .ask(job, new Job.Command.Start(), Origin.of("bench"))
            .toCompletableFuture()
            .get(LIMIT.toSeconds(), TimeUnit.SECONDS)
        instanceof Reply.Applied)) {
      if (System.nanoTime() > deadline) { // a node that starts is given time to become a member
        throw new IllegalStateException(job + " cannot be started");
      }
    }
    Job.State state = end.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    if (state != Job.State.DONE) {
      throw new IllegalStateException(job + " ended as " + state);
    }
  }

  @Override
  public void close() throws Exception {
    system.terminate();
    system.getWhenTerminated().toCompletableFuture().get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    telemetry.close();
    pool.close();
    eventPool.close();
    journalThreads.close();
    blocking.close();
  }

  /** The engine's reactor, and a word to whoever waits once the end is stored. */
  private final class Watched implements Reactor<Job> {
    private final EntityRef job;
    private final Reactor<Job> engine;

    Watched(EntityRef job, Reactor<Job> engine) {
      this.job = job;
      this.engine = engine;
    }

    @Override
    public List<Agenda.Row> rows(Job state) {
      return engine.rows(state);
    }

    @Override
    public void react(Job state, long version, Origin origin) {
      engine.react(state, version, origin);
      if (state.state() == Job.State.DONE || state.state() == Job.State.FAILED) {
        CompletableFuture<Job.State> end = waiting.remove(job.id());
        if (end != null) {
          end.complete(state.state());
        }
      }
    }

    @Override
    public void onMessage(Job state, long version, Message message) {
      engine.onMessage(state, version, message);
    }

    @Override
    public boolean busy() {
      return engine.busy();
    }

    @Override
    public void stop(Runnable stopped) {
      engine.stop(stopped);
    }
  }
}
