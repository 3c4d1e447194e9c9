package io.copyhold.tenants.store.postgres;

import io.copyhold.runtime.PortAdapter;
import io.copyhold.tenants.store.DataStores;
import io.copyhold.tenants.store.Engine;
import io.copyhold.tenants.store.Permits;
import io.copyhold.tenants.store.StoreAddress;
import io.copyhold.tenants.store.StoreSettings;
import io.copyhold.tenants.store.postgres.ddl.BackfillSettings;
import io.copyhold.tenants.store.postgres.ddl.DdlSettings;
import io.copyhold.tenants.store.postgres.session.Pause;
import io.copyhold.tenants.store.postgres.session.Sessions;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.function.LongUnaryOperator;
import java.util.random.RandomGenerator;

/** Opens PostgreSQL servers, 15 to 18, as data stores. */
@PortAdapter
public final class PostgresEngine implements Engine {
  private final StoreSettings settings;
  private final DdlSettings ddl;
  private final BackfillSettings backfill;
  private final Permits permits;
  private final Pause pause;
  private final RandomGenerator random;
  private final LongUnaryOperator timelines;

  /** For a control plane whose journal never goes back. */
  public PostgresEngine(
      StoreSettings settings, DdlSettings ddl, BackfillSettings backfill, Permits permits) {
    this(settings, ddl, backfill, permits, _ -> 0);
  }

  /**
   * On the machine's clock and a secure source of randomness.
   *
   * @param timelines the control plane's timeline in which a term was given out; may block
   */
  public PostgresEngine(
      StoreSettings settings,
      DdlSettings ddl,
      BackfillSettings backfill,
      Permits permits,
      LongUnaryOperator timelines) {
    this.timelines = timelines;
    this.settings = settings;
    this.ddl = ddl;
    this.backfill = backfill;
    this.permits = permits;
    this.pause = new Pause(InstantSource.system(), Thread::sleep, settings.poll());
    this.random = new SecureRandom();
  }

  @Override
  public String name() {
    return StoreAddress.POSTGRESQL;
  }

  @Override
  public Opened open(StoreAddress address, DataStores.Passwords passwords) {
    Sessions sessions =
        new Sessions(address, () -> passwords.reveal(address.secret()), settings, permits);
    return new Opened(
        new PostgresStore(
            address,
            sessions,
            permits,
            settings,
            ddl,
            backfill,
            pause,
            random,
            timelines,
            Thread::startVirtualThread),
        sessions::close);
  }
}
