package io.copyhold.config.node;

import io.copyhold.runtime.PortAdapter;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.coordination.lease.LeaseSettings;
import org.apache.pekko.coordination.lease.javadsl.Lease;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A lease in the control database, by the database's clock. The split-brain resolver of the side
 * that gets it goes on, and the other side ends; so two nodes, and even splits, are decided.
 *
 * <ol>
 *   <li>It is free, ours already, over, or held by a node whose process has ended: it is ours for
 *       {@code heartbeat-timeout}.
 *   <li>Somebody else has it: refused.
 *   <li>The database does not answer: asked again until it does. An outage of the database decides
 *       nothing, so it never downs a healthy cluster.
 * </ol>
 */
@PortAdapter
public final class DatabaseLease extends Lease {
  private static final Logger log = LoggerFactory.getLogger(DatabaseLease.class);
  private static final Duration ASK_AGAIN = Duration.ofMillis(500);

  private final LeaseSettings settings;
  private final LeaseSetup setup;
  private volatile boolean held;
  private volatile long heldUntil;

  /** Called by Pekko. */
  public DatabaseLease(LeaseSettings settings, ExtendedActorSystem system) {
    this(
        settings,
        system
            .settings()
            .setup()
            .get(LeaseSetup.class)
            .orElseThrow(
                () -> new IllegalStateException("the actor system was made without a LeaseSetup")));
  }

  DatabaseLease(LeaseSettings settings, LeaseSetup setup) {
    this.settings = settings;
    this.setup = setup;
  }

  @Override
  public LeaseSettings getSettings() {
    return settings;
  }

  @Override
  public CompletionStage<Boolean> acquire() {
    return CompletableFuture.supplyAsync(this::acquireAtLast, setup.blocking());
  }

  @Override
  public CompletionStage<Boolean> acquire(Consumer<Optional<Throwable>> lost) {
    return acquire(); // it is never lost early: it ends by its time alone
  }

  private boolean acquireAtLast() {
    while (true) {
      try {
        long asked = System.nanoTime();
        boolean won = take(setup.database());
        heldUntil = asked + settings.timeoutSettings().getHeartbeatTimeout().toNanos();
        held = won;
        log.atInfo()
            .addKeyValue("lease", settings.leaseName())
            .addKeyValue("owner", settings.ownerName())
            .log(won ? "lease taken: this side goes on" : "lease refused: the other side goes on");
        return won;
      } catch (SQLException e) {
        log.atWarn()
            .addKeyValue("state", e.getSQLState())
            .log("lease not decided: the control database does not answer; asking again");
      }
      try {
        Thread.sleep(ASK_AGAIN);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new CompletionException(e);
      }
    }
  }

  private boolean take(DataSource database) throws SQLException {
    try (Connection c = database.getConnection();
        PreparedStatement s =
            c.prepareStatement(
                "INSERT INTO copyhold.sbr_lease AS l (name, owner, since, until)"
                    + " VALUES (?, ?, clock_timestamp(),"
                    + "   clock_timestamp() + make_interval(secs => ?))"
                    + " ON CONFLICT (name) DO UPDATE SET owner = EXCLUDED.owner,"
                    + " since = EXCLUDED.since, until = EXCLUDED.until"
                    + " WHERE l.owner = EXCLUDED.owner OR l.until < clock_timestamp()"
                    + " OR EXISTS (SELECT FROM copyhold.node n WHERE n.state = 'ended'"
                    + "   AND right(n.address, length(l.owner) + 1) = '@' || l.owner)")) {
      s.setString(1, settings.leaseName());
      s.setString(2, owner());
      s.setDouble(3, settings.timeoutSettings().getHeartbeatTimeout().toMillis() / 1e3);
      return s.executeUpdate() == 1;
    }
  }

  /** {@code host:port}, as the addresses in the register end. */
  private String owner() {
    String owner = settings.ownerName();
    return owner.substring(owner.lastIndexOf('@') + 1);
  }

  @Override
  public CompletionStage<Boolean> release() {
    held = false;
    return CompletableFuture.supplyAsync(
        () -> {
          try (Connection c = setup.database().getConnection();
              PreparedStatement s =
                  c.prepareStatement(
                      "DELETE FROM copyhold.sbr_lease WHERE name = ? AND owner = ?")) {
            s.setString(1, settings.leaseName());
            s.setString(2, owner());
            s.executeUpdate();
            return true;
          } catch (SQLException e) {
            throw new CompletionException(e); // it ends by its time
          }
        },
        setup.blocking());
  }

  @Override
  public boolean checkLease() {
    return held && heldUntil - System.nanoTime() > 0;
  }
}
