package io.copyhold.http.node;

import com.typesafe.config.Config;
import io.copyhold.config.node.NodeRegister;
import io.copyhold.config.node.SplitLeases;
import io.copyhold.config.secret.SecretRows;
import io.copyhold.runtime.agenda.Agenda;
import io.copyhold.runtime.agenda.AgendaSettings;
import io.copyhold.runtime.entity.EntityTypes;
import io.copyhold.runtime.entity.LifeNotes;
import io.copyhold.runtime.journal.Blobs;
import io.copyhold.runtime.journal.Feed;
import io.copyhold.runtime.journal.JournalSettings;
import io.copyhold.runtime.journal.Terms;
import io.copyhold.runtime.journal.Timelines;
import io.copyhold.runtime.operation.Definitions;
import io.copyhold.runtime.replay.ReplayOffsets;
import io.copyhold.tenants.store.PermitLeases;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import org.apache.pekko.actor.setup.Setup;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.persistence.query.javadsl.CurrentEventsByPersistenceIdQuery;

/**
 * What a node keeps of the control plane, as ports on one database. Whoever uses it does not know
 * which database that is.
 */
interface ControlPlane extends AutoCloseable {
  /**
   * Opens the one that the configuration names. Blocks until its tables are there: a database that
   * is away is waited for, and one of another release ends the start.
   *
   * @param config the node's whole configuration
   * @param blocking where calls block; virtual threads will do
   */
  static ControlPlane open(Config config, EntityTypes types, ExecutorService blocking)
      throws InterruptedException {
    return JournalSettings.onCassandra(config)
        ? CassandraControlPlane.open(config, types, blocking)
        : PostgresControlPlane.open(config, types, blocking);
  }

  /** The journal, for the actor system to be made with. */
  Setup journal();

  /**
   * The actor system is there, and this node has a name.
   *
   * @param node unlike all others and unlike itself before a restart
   */
  void started(ActorSystem<?> system, String node);

  /** Which shards this node owns. */
  Terms terms();

  CurrentEventsByPersistenceIdQuery events();

  /**
   * Follows the journal: calls {@code told}, which must not block, when something was stored, here
   * or elsewhere, and learns of shards that others have claimed.
   */
  void listen(Runnable told);

  Feed feed();

  /** The pasts that it has had; one for ever where it cannot tell. */
  default Timelines timelines() {
    return Timelines.FIRST;
  }

  Agenda agenda(AgendaSettings settings);

  LifeNotes lives();

  /**
   * @param deadAfter a node without heartbeat for so long counts as dead
   */
  NodeRegister register(Duration deadAfter);

  SplitLeases splits();

  SecretRows secrets();

  Blobs blobs();

  Definitions definitions();

  ReplayOffsets replays();

  PermitLeases permits();

  /** Whether the database answers now; blocks for a second or two at most. */
  boolean answers();

  @Override
  void close();
}
