package io.copyhold.http.node;

import com.typesafe.config.Config;
import io.copyhold.config.node.CassandraNodeRegister;
import io.copyhold.config.node.CassandraSplitLeases;
import io.copyhold.config.node.NodeRegister;
import io.copyhold.config.node.SplitLeases;
import io.copyhold.config.secret.CassandraSecretRows;
import io.copyhold.config.secret.SecretRows;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.agenda.Agenda;
import io.copyhold.runtime.agenda.AgendaSettings;
import io.copyhold.runtime.agenda.CassandraAgenda;
import io.copyhold.runtime.cassandra.CassandraSettings;
import io.copyhold.runtime.cassandra.ControlKeyspace;
import io.copyhold.runtime.cassandra.KeyspaceSchema;
import io.copyhold.runtime.entity.CassandraLifeNotes;
import io.copyhold.runtime.entity.EntityTypes;
import io.copyhold.runtime.entity.LifeNotes;
import io.copyhold.runtime.journal.Blobs;
import io.copyhold.runtime.journal.CassandraBlobs;
import io.copyhold.runtime.journal.CassandraFeed;
import io.copyhold.runtime.journal.CassandraJournal;
import io.copyhold.runtime.journal.Feed;
import io.copyhold.runtime.journal.JournalNews;
import io.copyhold.runtime.journal.Terms;
import io.copyhold.runtime.operation.CassandraDefinitions;
import io.copyhold.runtime.operation.Definitions;
import io.copyhold.runtime.replay.CassandraReplayOffsets;
import io.copyhold.runtime.replay.ReplayOffsets;
import io.copyhold.tenants.store.CassandraPermitLeases;
import io.copyhold.tenants.store.PermitLeases;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.setup.Setup;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.persistence.query.javadsl.CurrentEventsByPersistenceIdQuery;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The control plane in Cassandra: one session for the journal's plugin and all ports. */
@PortAdapter
final class CassandraControlPlane implements ControlPlane {
  private static final Logger log = LoggerFactory.getLogger(CassandraControlPlane.class);
  private static final Duration RETRY = Duration.ofSeconds(1);
  private static final Duration ANSWER_MAX = Duration.ofSeconds(1);

  private final Config config;
  private final ControlKeyspace keyspace;
  private final CassandraJournal journal;
  private final EntityTypes types;
  private final ExecutorService blocking;
  private @Nullable ActorSystem<?> system;
  private String node = "";

  private CassandraControlPlane(
      Config config, ControlKeyspace keyspace, EntityTypes types, ExecutorService blocking) {
    this.config = config;
    this.keyspace = keyspace;
    this.types = types;
    this.blocking = blocking;
    this.journal = new CassandraJournal(keyspace, types.codec(), blocking, config);
  }

  static CassandraControlPlane open(Config config, EntityTypes types, ExecutorService blocking)
      throws InterruptedException {
    CassandraSettings settings = CassandraSettings.from(config);
    boolean said = false;
    while (true) {
      try {
        return open(settings, config, types, blocking);
      } catch (ProblemException e) {
        if (e.problem().kind() != Problem.Kind.UNAVAILABLE) {
          throw e;
        }
        if (!said) {
          said = true;
          log.atWarn()
              .addKeyValue("contacts", settings.contacts())
              .addKeyValue("problem", e.problem())
              .log("Cassandra does not answer; waiting for it");
        }
        Thread.sleep(RETRY);
      }
    }
  }

  private static CassandraControlPlane open(
      CassandraSettings settings, Config config, EntityTypes types, ExecutorService blocking) {
    ControlKeyspace keyspace = ControlKeyspace.open(settings);
    boolean ready = false;
    try {
      new KeyspaceSchema(Wiring.keyspaceSchema()).apply(keyspace);
      ready = true;
      return new CassandraControlPlane(config, keyspace, types, blocking);
    } finally {
      if (!ready) {
        keyspace.close();
      }
    }
  }

  @Override
  public Setup journal() {
    return journal;
  }

  @Override
  public void started(ActorSystem<?> system, String node) {
    this.system = system;
    this.node = node;
    journal.named(node);
  }

  @Override
  public Terms terms() {
    return journal.terms();
  }

  @Override
  public CurrentEventsByPersistenceIdQuery events() {
    return journal.events();
  }

  @Override
  public void listen(Runnable told) {
    JournalNews.follow(Objects.requireNonNull(system, "started comes first"), journal, node, told);
  }

  @Override
  public Feed feed() {
    return new CassandraFeed(keyspace, types.codec(), blocking, config);
  }

  @Override
  public Agenda agenda(AgendaSettings settings) {
    return new CassandraAgenda(keyspace, blocking, node, settings);
  }

  @Override
  public LifeNotes lives() {
    return new CassandraLifeNotes(keyspace, blocking, node);
  }

  @Override
  public NodeRegister register(Duration deadAfter) {
    return new CassandraNodeRegister(keyspace, deadAfter);
  }

  @Override
  public SplitLeases splits() {
    return new CassandraSplitLeases(keyspace);
  }

  @Override
  public SecretRows secrets() {
    return new CassandraSecretRows(keyspace);
  }

  @Override
  public Blobs blobs() {
    return new CassandraBlobs(keyspace);
  }

  @Override
  public Definitions definitions() {
    return new CassandraDefinitions(keyspace, node);
  }

  @Override
  public ReplayOffsets replays() {
    return new CassandraReplayOffsets(keyspace);
  }

  @Override
  public PermitLeases permits() {
    return new CassandraPermitLeases(keyspace, node);
  }

  /** By a quorum read, as everything else is done. */
  @Override
  public boolean answers() {
    try {
      ControlKeyspace.await(
          keyspace
              .later("SELECT one FROM schema_lock WHERE one = 'schema'")
              .toCompletableFuture()
              .orTimeout(ANSWER_MAX.toMillis(), TimeUnit.MILLISECONDS));
      return true;
    } catch (ProblemException e) {
      return false;
    }
  }

  @Override
  public void close() {
    journal.close();
    keyspace.close();
  }
}
