package io.copyhold.http;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.copyhold.config.secret.InMemorySecrets;
import io.copyhold.http.admin.AdminApi;
import io.copyhold.http.admin.AdminServer;
import io.copyhold.http.admin.AdminSettings;
import io.copyhold.http.admin.Connections;
import io.copyhold.http.admin.Diagnosis;
import io.copyhold.http.admin.HealthCheck;
import io.copyhold.http.admin.RouteTable;
import io.copyhold.http.auth.Authenticator;
import io.copyhold.http.auth.Revocations;
import io.copyhold.http.auth.Token;
import io.copyhold.http.auth.TokenText;
import io.copyhold.http.auth.Tokens;
import io.copyhold.migration.rollout.Rollout;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.entity.EntityType;
import io.copyhold.runtime.entity.EntityTypes;
import io.copyhold.runtime.entity.JournalHistory;
import io.copyhold.runtime.entity.Ports;
import io.copyhold.runtime.entity.Quarantine;
import io.copyhold.runtime.entity.Quarantines;
import io.copyhold.runtime.entity.ShardedEntities;
import io.copyhold.runtime.entity.ShellSettings;
import io.copyhold.runtime.journal.Journaled;
import io.copyhold.runtime.operation.Definitions;
import io.copyhold.runtime.operation.OperationEntity;
import io.copyhold.runtime.operation.OperationTypes;
import io.copyhold.runtime.operation.Operations;
import io.copyhold.runtime.operation.Proofs;
import io.copyhold.runtime.replay.ReplayOffsets;
import io.copyhold.runtime.replay.Replays;
import io.copyhold.runtime.telemetry.Telemetry;
import io.copyhold.tenants.changelog.Changelog;
import io.copyhold.tenants.pool.Pool;
import io.copyhold.tenants.store.ConnectionInfo;
import io.copyhold.tenants.store.Store;
import io.copyhold.tenants.tenant.Tenant;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.actor.BootstrapSetup;
import org.apache.pekko.actor.setup.ActorSystemSetup;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.apache.pekko.persistence.query.PersistenceQuery;
import org.apache.pekko.persistence.testkit.PersistenceTestKitPlugin;
import org.apache.pekko.persistence.testkit.PersistenceTestKitSnapshotPlugin;
import org.apache.pekko.persistence.testkit.ProcessingSuccess;
import org.apache.pekko.persistence.testkit.StorageFailure;
import org.apache.pekko.persistence.testkit.WriteEvents;
import org.apache.pekko.persistence.testkit.javadsl.PersistenceTestKit;
import org.apache.pekko.persistence.testkit.query.javadsl.PersistenceTestKitReadJournal;

/** A node of its own with a real port, real sharding and a journal in memory. */
public final class Node implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(120);

  public final ActorSystem<?> system;
  public final AdminServer server;
  public final RouteTable routes;
  public final String operator;
  public final Tokens tokens;
  public final ShardedEntities entities;
  public final PaperNodes nodes = new PaperNodes();
  public final InMemorySecrets secrets = new InMemorySecrets();

  /** Moves the clock of the node's edge forward. */
  public final AtomicLong aheadMs = new AtomicLong();

  /** While false, nothing can be stored. */
  public volatile boolean journalUp = true;

  public volatile boolean healthy = true;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  public Node() throws Exception {
    this("");
  }

  /**
   * @param overrides of {@code copyhold.http}
   */
  public Node(String overrides) throws Exception {
    List<EntityType<?, ?, ?>> all =
        new ArrayList<>(
            List.of(
                Counter.TYPE,
                Token.TYPE,
                Tenant.TYPE,
                Store.TYPE,
                Pool.TYPE,
                Changelog.TYPE,
                Rollout.TYPE));
    List<EntityType<?, ?, ?>> known = new ArrayList<>(all);
    known.add(OperationEntity.TYPE);
    known.add(Quarantine.TYPE);
    EntityTypes types = new EntityTypes(known);
    Config config = config(overrides);
    system =
        ActorSystem.create(
            Behaviors.empty(),
            "http-test",
            ActorSystemSetup.create(BootstrapSetup.create(config), types));
    Cluster cluster = Cluster.get(system);
    cluster.manager().tell(Join.create(cluster.selfMember().address()));
    MemoryDirectory directory = new MemoryDirectory(types.codec());
    PersistenceTestKit.create(system)
        .withPolicy((persistenceId, operation) -> {
          if (operation instanceof WriteEvents write) {
            if (!journalUp) {
              return StorageFailure.create();
            }
            directory.stored(
                persistenceId, write.getBatch().stream().map(Journaled.class::cast).toList());
          }
          return ProcessingSuccess.getInstance();
        });
    JournalHistory history =
        new JournalHistory(
            system,
            PersistenceQuery.get(system)
                .getReadJournalFor(
                    PersistenceTestKitReadJournal.class,
                    PersistenceTestKitReadJournal.Identifier()),
            types);
    InstantSource clock = () -> Instant.now().plusMillis(aheadMs.get());
    entities = new ShardedEntities(system, Duration.ofSeconds(10));
    AtomicLong terms = new AtomicLong();
    Ports ports =
        new Ports(
            clock,
            new Random(7),
            threads,
            new MemoryAgenda(),
            _ -> CompletableFuture.completedFuture(terms.incrementAndGet()),
            entities,
            new Quarantines(),
            Telemetry.NONE,
            new ShellSettings(
                Duration.ofMinutes(2),
                Duration.ofSeconds(5),
                Duration.ofSeconds(10),
                128,
                Duration.ofHours(24),
                100,
                3,
                Duration.ofMinutes(10),
                65_536,
                Duration.ofSeconds(30)),
            "test");
    Operations operations =
        new Operations(new OperationTypes(PaperOperations.all()), types.codec(), history);
    all.forEach(type -> host(type, ports, types, history, operations));
    AdminSettings settings = AdminSettings.from(config);
    Authenticator authenticator = new Authenticator(entities, clock, settings.trust());
    Revocations.follow(system, directory, authenticator);
    tokens = new Tokens(entities, new SecureRandom());
    AdminApi api =
        new AdminApi(
            entities,
            history,
            directory,
            new NoHomes(),
            directory,
            tokens,
            authenticator,
            new MemoryBlobs(),
            secrets,
            (tenant, home) ->
                new Connections.Found(
                    new ConnectionInfo(
                        "127.0.0.1", 5432, home.ref().name(), "t_" + tenant, tenant, "prefer"),
                    "s3cret".toCharArray()),
            new PaperShapes(),
            new Diagnosis(
                new Proofs(
                    history,
                    ports.agenda(),
                    entities,
                    Definitions.alone("test", new OperationTypes(PaperOperations.all())),
                    () -> Set.of("test"),
                    Duration.ofMinutes(1)),
                new Replays(history, types, ReplayOffsets.inMemory())),
            nodes,
            List.of(health()),
            () -> "# HELP copyhold_test A test.\n# TYPE copyhold_test gauge\ncopyhold_test 1\n",
            settings,
            threads);
    routes = api.routes();
    server =
        AdminServer.bind(system, settings, routes, authenticator, clock, threads, new Random(3))
            .toCompletableFuture()
            .get(120, TimeUnit.SECONDS);
    TokenText first = tokens.candidate();
    await(() -> {
      try {
        return tokens.bootstrap(first).toCompletableFuture().get(30, TimeUnit.SECONDS);
      } catch (java.util.concurrent.ExecutionException e) {
        return false;
      }
    });
    operator = first.reveal();
  }

  private <S, C, E> void host(
      EntityType<S, C, E> type,
      Ports ports,
      EntityTypes types,
      JournalHistory history,
      Operations operations) {
    entities.host(type, ports, types, history, operations.reactor(type));
  }

  private HealthCheck health() {
    return new HealthCheck() {
      @Override
      public String name() {
        return "journal";
      }

      @Override
      public Verdict look() {
        return new Verdict(healthy, healthy ? "it answers" : "it does not answer");
      }
    };
  }

  private static Config config(String overrides) {
    return ConfigFactory.parseString("copyhold.http {" + overrides + "}")
        .withFallback(
            ConfigFactory.parseString(
                """
                pekko {
                  loglevel = WARNING
                  actor {
                    provider = cluster
                    allow-java-serialization = off
                    serializers.copyhold = "io.copyhold.runtime.entity.MessageSerializer"
                    serialization-bindings {
                      "io.copyhold.runtime.journal.Journaled" = copyhold
                      "io.copyhold.runtime.entity.ShellState" = copyhold
                      "io.copyhold.runtime.entity.Message" = copyhold
                      "io.copyhold.runtime.entity.Reply" = copyhold
                    }
                  }
                  remote.artery.canonical { hostname = "127.0.0.1", port = 0 }
                  cluster.jmx.enabled = off
                  cluster.sharding.passivation.strategy = none
                  coordinated-shutdown.exit-jvm = off
                  coordinated-shutdown.run-by-jvm-shutdown-hook = off
                }
                copyhold.http { port = 0, rate-burst = 100000, rate-per-second = 100000 }
                """))
        .withFallback(PersistenceTestKitPlugin.config())
        .withFallback(PersistenceTestKitSnapshotPlugin.config())
        .withFallback(ConfigFactory.load())
        .resolve();
  }

  public InetSocketAddress address() {
    return server.address();
  }

  public String url() {
    return "http://127.0.0.1:" + address().getPort();
  }

  /** A client with the operator's token. */
  public Client client() {
    return new Client(url(), operator);
  }

  public Client client(@org.jspecify.annotations.Nullable String token) {
    return new Client(url(), token);
  }

  public EntityRef counter(String id) {
    return new EntityRef("counter", id);
  }

  /** Asks again and again until it holds. */
  public static void await(Condition condition) throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.holds()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("it did not come true within " + PATIENCE);
      }
      Thread.sleep(20);
    }
  }

  /** What is waited for. */
  public interface Condition {
    boolean holds() throws Exception;
  }

  @Override
  public void close() throws Exception {
    server.stop().toCompletableFuture().get(60, TimeUnit.SECONDS);
    system.terminate();
    system.getWhenTerminated().toCompletableFuture().get(60, TimeUnit.SECONDS);
    threads.close();
  }
}
