package io.copyhold.runtime;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.zaxxer.hikari.HikariDataSource;
import io.copyhold.runtime.agenda.Agenda;
import io.copyhold.runtime.agenda.AgendaDaemon;
import io.copyhold.runtime.agenda.AgendaSettings;
import io.copyhold.runtime.agenda.CassandraAgenda;
import io.copyhold.runtime.agenda.PostgresAgenda;
import io.copyhold.runtime.cassandra.CassandraFixture;
import io.copyhold.runtime.cassandra.ControlKeyspace;
import io.copyhold.runtime.entity.EntityType;
import io.copyhold.runtime.entity.EntityTypes;
import io.copyhold.runtime.entity.History;
import io.copyhold.runtime.entity.Hosting;
import io.copyhold.runtime.entity.JournalHistory;
import io.copyhold.runtime.entity.LifeWatch;
import io.copyhold.runtime.entity.NodeLife;
import io.copyhold.runtime.entity.Ports;
import io.copyhold.runtime.entity.PostgresLifeNotes;
import io.copyhold.runtime.entity.Quarantine;
import io.copyhold.runtime.entity.Quarantines;
import io.copyhold.runtime.entity.Reactor;
import io.copyhold.runtime.entity.Reply;
import io.copyhold.runtime.entity.ShardOwnership;
import io.copyhold.runtime.entity.ShardedEntities;
import io.copyhold.runtime.entity.ShellSettings;
import io.copyhold.runtime.journal.CassandraFeed;
import io.copyhold.runtime.journal.CassandraJournal;
import io.copyhold.runtime.journal.Feed;
import io.copyhold.runtime.journal.Journal;
import io.copyhold.runtime.journal.JournalSchema;
import io.copyhold.runtime.journal.JournalSettings;
import io.copyhold.runtime.journal.KeyspaceTables;
import io.copyhold.runtime.journal.PostgresFeed;
import io.copyhold.runtime.journal.PostgresJournal;
import io.copyhold.runtime.postgres.ControlDatabase;
import io.copyhold.runtime.postgres.ControlSchema;
import io.copyhold.runtime.postgres.Database;
import io.copyhold.runtime.telemetry.Telemetry;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;
import org.apache.pekko.actor.BootstrapSetup;
import org.apache.pekko.actor.setup.ActorSystemSetup;
import org.apache.pekko.actor.setup.Setup;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Down;
import org.apache.pekko.cluster.typed.Join;
import org.jspecify.annotations.Nullable;

/**
 * A node in a test: one actor system, a cluster of its own on a free port of the loopback, with the
 * real journal in a PostgreSQL database. Closing it and starting another one on the same database
 * is a restart.
 */
public final class TestSystem implements AutoCloseable {
  /** For what must come true: generous, because the machine is shared. */
  public static final Duration PATIENCE = Duration.ofSeconds(90);

  private final Config config;
  private final ActorSystem<Void> system;
  private final EntityTypes types;
  private final HikariDataSource pool;
  private final HikariDataSource eventPool;
  private final @Nullable ControlKeyspace keyspace;
  private final Journal events;
  private final ExecutorService blocking;
  private final ControlDatabase control;
  private final ShardedEntities entities;
  private final History history;
  private final Ports ports;
  private final NodeLife inHand;
  private boolean killed;

  private TestSystem(Database database, Options options) {
    Map<String, Object> keys = new HashMap<>(options.keys);
    keys.putAll(JournalSettings.keys(database));
    keys.put("pekko.coordinated-shutdown.phases.cluster-exiting.timeout", "1s");
    this.config = RuntimeConfig.of(ConfigFactory.parseMap(keys));
    JournalSettings settings = JournalSettings.from(config);
    this.blocking = Executors.newVirtualThreadPerTaskExecutor();
    this.pool = database.pool(settings.sidePool());
    this.eventPool = database.pool(settings.pool());
    this.control = new ControlDatabase(pool, blocking);
    applySchema(settings);
    List<EntityType<?, ?, ?>> all = new ArrayList<>(options.types);
    all.add(Quarantine.TYPE);
    this.types = new EntityTypes(all);
    this.keyspace =
        config.getString("copyhold.journal.kind").equals("cassandra")
            ? CassandraFixture.open(keys, KeyspaceTables.parts())
            : null;
    Setup journal =
        keyspace == null
            ? new PostgresJournal(new ControlDatabase(eventPool, blocking), types.codec(), settings)
            : new CassandraJournal(keyspace, types.codec(), blocking, config);
    this.events = (Journal) journal;
    this.system =
        ActorSystem.create(
            Behaviors.empty(),
            "copyhold",
            ActorSystemSetup.create(BootstrapSetup.create(config), types, journal));
    Cluster cluster = Cluster.get(system);
    events.named(AgendaDaemon.node(cluster.selfMember()));
    cluster
        .manager()
        .tell(
            Join.create(
                options.seed == null
                    ? cluster.selfMember().address()
                    : Cluster.get(options.seed.system).selfMember().address()));
    until(() -> cluster.selfMember().status().equals(org.apache.pekko.cluster.MemberStatus.up()));
    ShellSettings shell = ShellSettings.from(config);
    this.inHand =
        new NodeLife(
            new PostgresLifeNotes(control, AgendaDaemon.node(cluster.selfMember())),
            LifeWatch.members(system),
            shell.carefulFor(),
            options.clock);
    inHand.begin(options.name);
    LifeWatch.start(system, inHand);
    Quarantines quarantines = new Quarantines(inHand);
    this.entities = new ShardedEntities(system, shell.askMax(), options.hosting);
    this.history = new JournalHistory(system, events.events(), types, quarantines);
    this.ports =
        new Ports(
            options.clock,
            RandomGenerator.getDefault(),
            blocking,
            agenda(AgendaDaemon.node(cluster.selfMember()), AgendaSettings.from(config)),
            new ShardOwnership(events.terms()),
            entities,
            quarantines,
            options.telemetry,
            shell,
            AgendaDaemon.node(cluster.selfMember()));
    if (options.daemon) {
      AgendaDaemon.start(
          system,
          ports.agenda(),
          AgendaSettings.from(config),
          due -> entities.wake(due).thenApply(reply -> !(reply instanceof Reply.NotNow)));
    }
  }

  private Agenda agenda(String node, AgendaSettings agendaSettings) {
    return keyspace == null
        ? new PostgresAgenda(control, node, agendaSettings)
        : new CassandraAgenda(keyspace, blocking, node, agendaSettings);
  }

  /** What differs from an ordinary test node. */
  public static final class Options {
    private final List<EntityType<?, ?, ?>> types;
    private final Map<String, Object> keys = new HashMap<>();
    private InstantSource clock = InstantSource.system();
    private Telemetry telemetry = Telemetry.NONE;
    private boolean daemon = true;
    private @Nullable TestSystem seed;
    private String name = "test";
    private @Nullable Hosting hosting;

    private Options(List<EntityType<?, ?, ?>> types) {
      this.types = types;
    }

    public static Options of(EntityType<?, ?, ?>... types) {
      return new Options(List.of(types));
    }

    public Options with(String key, Object value) {
      keys.put(key, value);
      return this;
    }

    public Options with(Map<String, ?> more) {
      keys.putAll(more);
      return this;
    }

    public Options clock(InstantSource source) {
      clock = source;
      return this;
    }

    public Options telemetry(Telemetry other) {
      telemetry = other;
      return this;
    }

    /** Into this node's cluster, instead of one of its own. */
    public Options joining(TestSystem node) {
      seed = node;
      return this;
    }

    /** Another node than the others of its database: an end of theirs is not its own. */
    public Options named(String other) {
      name = other;
      return this;
    }

    /** In other ways than Pekko's own. */
    public Options hosting(Hosting ways) {
      hosting = ways;
      return this;
    }

    /** Nobody takes what is due. */
    public Options withoutDaemon() {
      daemon = false;
      return this;
    }

    public TestSystem start(Database database) {
      return new TestSystem(database, this);
    }
  }

  private void applySchema(JournalSettings settings) {
    try {
      new ControlSchema(JournalSchema.parts(), settings.schemaLockMax()).apply(pool);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Hosts a type's entities here. */
  public <S, C, E> TestSystem host(EntityType<S, C, E> type, Reactor.Factory<S> reactor) {
    entities.host(type, ports, types, history, reactor);
    return this;
  }

  public ActorSystem<Void> system() {
    return system;
  }

  public EntityTypes types() {
    return types;
  }

  public Journal journal() {
    return events;
  }

  /** Where the journal is in Cassandra. */
  public ControlKeyspace keyspace() {
    return Objects.requireNonNull(keyspace, "this node's journal is in PostgreSQL");
  }

  /** The feed of the journal that this node has. */
  public Feed feed() {
    return keyspace == null
        ? new PostgresFeed(control, types.codec())
        : new CassandraFeed(keyspace, types.codec(), blocking, config);
  }

  public ControlDatabase control() {
    return control;
  }

  public ShardedEntities entities() {
    return entities;
  }

  public History history() {
    return history;
  }

  public Ports ports() {
    return ports;
  }

  /** Asks and waits. */
  public Reply ask(EntityRef entity, Object command, Origin origin) {
    return await(entities.ask(entity, command, origin));
  }

  public Reply ask(EntityRef entity, Object command) {
    return ask(entity, command, Origin.of("test"));
  }

  /** The answer of a write that must go through, repeated while the answer is "not now". */
  public Reply.Applied applied(EntityRef entity, Object command, Origin origin) {
    Reply[] last = new Reply[1];
    until(() -> !((last[0] = ask(entity, command, origin)) instanceof Reply.NotNow));
    if (last[0] instanceof Reply.Applied applied) {
      return applied;
    }
    throw new AssertionError("not applied: " + last[0]);
  }

  public static <T> T await(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException | TimeoutException e) {
      throw new AssertionError("no answer", e);
    } catch (java.util.concurrent.ExecutionException e) {
      throw new AssertionError("failed: " + e.getCause(), e.getCause());
    }
  }

  /** Waits until it is true, or fails after {@link #PATIENCE}. */
  public static void until(BooleanSupplier condition) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("did not come true within " + PATIENCE);
      }
      try {
        Thread.sleep(10);
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  /** The survivor declares it down, which ends it: nothing is handed over. */
  public void kill(TestSystem survivor) {
    Cluster.get(survivor.system)
        .manager()
        .tell(new Down(Cluster.get(system).selfMember().address()));
    killed = true;
    close();
  }

  @Override
  public void close() {
    system.terminate();
    await(system.getWhenTerminated());
    if (!killed) {
      inHand.end();
    }
    if (keyspace != null) {
      if (!killed) {
        ((CassandraJournal) events).close();
      }
      keyspace.close();
    }
    pool.close();
    eventPool.close();
    blocking.close();
  }
}
