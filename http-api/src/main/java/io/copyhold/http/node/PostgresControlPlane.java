package io.copyhold.http.node;

import com.typesafe.config.Config;
import com.zaxxer.hikari.HikariDataSource;
import io.copyhold.config.node.NodeRegister;
import io.copyhold.config.node.PostgresNodeRegister;
import io.copyhold.config.node.PostgresSplitLeases;
import io.copyhold.config.node.SplitLeases;
import io.copyhold.config.secret.PostgresSecretRows;
import io.copyhold.config.secret.SecretRows;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.agenda.Agenda;
import io.copyhold.runtime.agenda.AgendaSettings;
import io.copyhold.runtime.agenda.PostgresAgenda;
import io.copyhold.runtime.entity.EntityTypes;
import io.copyhold.runtime.entity.LifeNotes;
import io.copyhold.runtime.entity.PostgresLifeNotes;
import io.copyhold.runtime.journal.Blobs;
import io.copyhold.runtime.journal.Feed;
import io.copyhold.runtime.journal.JournalNews;
import io.copyhold.runtime.journal.JournalSettings;
import io.copyhold.runtime.journal.JournalThreads;
import io.copyhold.runtime.journal.PostgresBlobs;
import io.copyhold.runtime.journal.PostgresFeed;
import io.copyhold.runtime.journal.PostgresJournal;
import io.copyhold.runtime.journal.PostgresTimelines;
import io.copyhold.runtime.journal.TermWatch;
import io.copyhold.runtime.journal.Terms;
import io.copyhold.runtime.journal.Timelines;
import io.copyhold.runtime.operation.Definitions;
import io.copyhold.runtime.operation.PostgresDefinitions;
import io.copyhold.runtime.postgres.ControlDatabase;
import io.copyhold.runtime.postgres.ControlSchema;
import io.copyhold.runtime.replay.PostgresReplayOffsets;
import io.copyhold.runtime.replay.ReplayOffsets;
import io.copyhold.tenants.store.PermitLeases;
import io.copyhold.tenants.store.PostgresPermitLeases;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import org.apache.pekko.actor.setup.Setup;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.persistence.query.javadsl.CurrentEventsByPersistenceIdQuery;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The control plane in PostgreSQL: one pool for events, one for everything else. */
@PortAdapter
final class PostgresControlPlane implements ControlPlane {
  private static final Logger log = LoggerFactory.getLogger(PostgresControlPlane.class);
  private static final Duration RETRY = Duration.ofSeconds(1);

  private final HikariDataSource pool;
  private final HikariDataSource eventPool;
  private final ExecutorService journalThreads = JournalThreads.start();
  private final ControlDatabase control;
  private final Timelines timelines;
  private final PostgresJournal journal;
  private final EntityTypes types;
  private @Nullable ActorSystem<?> system;
  private String node = "";

  private PostgresControlPlane(
      JournalSettings settings, EntityTypes types, ExecutorService blocking) {
    this.pool = settings.open(settings.sidePool());
    this.eventPool = settings.open(settings.pool());
    this.control = new ControlDatabase(pool, blocking);
    this.timelines = new PostgresTimelines(control);
    this.types = types;
    this.journal =
        new PostgresJournal(
            new ControlDatabase(eventPool, journalThreads), types.codec(), settings);
  }

  static PostgresControlPlane open(Config config, EntityTypes types, ExecutorService blocking)
      throws InterruptedException {
    JournalSettings settings = JournalSettings.from(config);
    PostgresControlPlane opened = new PostgresControlPlane(settings, types, blocking);
    boolean ready = false;
    try {
      opened.applySchema(settings);
      ready = true;
      return opened;
    } finally {
      if (!ready) {
        opened.close();
      }
    }
  }

  private void applySchema(JournalSettings settings) throws InterruptedException {
    ControlSchema schema = new ControlSchema(Wiring.schema(), settings.schemaLockMax());
    boolean said = false;
    while (true) {
      try {
        schema.apply(pool);
        return;
      } catch (SQLException e) {
        if (!said) {
          said = true;
          log.atWarn()
              .addKeyValue("state", e.getSQLState())
              .addKeyValue("host", settings.database().host())
              .addKeyValue("port", settings.database().port())
              .log("the control database does not answer; waiting for it");
        }
        Thread.sleep(RETRY);
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
    ActorSystem<?> started = Objects.requireNonNull(system, "started comes first");
    JournalNews.follow(started, journal, node, told);
    TermWatch.start(started, journal);
  }

  @Override
  public Timelines timelines() {
    return timelines;
  }

  @Override
  public Feed feed() {
    return new PostgresFeed(control, types.codec());
  }

  @Override
  public Agenda agenda(AgendaSettings settings) {
    return new PostgresAgenda(control, node, settings);
  }

  @Override
  public LifeNotes lives() {
    return new PostgresLifeNotes(control, node);
  }

  @Override
  public NodeRegister register(Duration deadAfter) {
    return new PostgresNodeRegister(pool, deadAfter);
  }

  @Override
  public SplitLeases splits() {
    return new PostgresSplitLeases(pool);
  }

  @Override
  public SecretRows secrets() {
    return new PostgresSecretRows(pool);
  }

  @Override
  public Blobs blobs() {
    return new PostgresBlobs(control);
  }

  @Override
  public Definitions definitions() {
    return new PostgresDefinitions(control, node);
  }

  @Override
  public ReplayOffsets replays() {
    return new PostgresReplayOffsets(control);
  }

  @Override
  public PermitLeases permits() {
    return new PostgresPermitLeases(pool, node);
  }

  @Override
  public boolean answers() {
    try (Connection connection = pool.getConnection()) {
      return connection.isValid(1);
    } catch (SQLException e) {
      return false;
    }
  }

  @Override
  public void close() {
    pool.close();
    eventPool.close();
    journalThreads.shutdown();
  }
}
