package io.copyhold.chaos.bench;

import com.typesafe.config.ConfigFactory;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.operation.FenceToken;
import io.copyhold.runtime.postgres.Database;
import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.store.Engine;
import io.copyhold.tenants.store.Fence;
import io.copyhold.tenants.store.LedgerRow;
import io.copyhold.tenants.store.LockPolicy;
import io.copyhold.tenants.store.Permits;
import io.copyhold.tenants.store.Script;
import io.copyhold.tenants.store.StoreAddress;
import io.copyhold.tenants.store.StoreSettings;
import io.copyhold.tenants.store.postgres.PostgresEngine;
import io.copyhold.tenants.store.postgres.ddl.BackfillSettings;
import io.copyhold.tenants.store.postgres.ddl.DdlSettings;
import java.time.Duration;
import java.util.List;

/**
 * Our runner, as an operation's step calls it: each file fenced, recorded in the home's ledger in
 * the same transaction, as the home's owner, its waits for locks bounded. Without the journal above
 * it.
 */
final class CopyholdFleet implements FleetSide {
  private static final int CONNECTIONS_MAX = 16;
  private static final Duration PERMIT_LIMIT = Duration.ofSeconds(60);

  private final Engine.Opened opened;
  private final List<Script> scripts;

  CopyholdFleet(Database admin, List<Script> scripts, int threads) {
    this.scripts = List.copyOf(scripts);
    StoreAddress address =
        new StoreAddress(
            "bench",
            StoreAddress.POSTGRESQL,
            admin.host(),
            admin.port(),
            admin.user(),
            "secret:bench",
            StoreAddress.SHARED_DATABASE,
            "disable",
            threads + 2);
    this.opened =
        new PostgresEngine(
                StoreSettings.from(ConfigFactory.load().getConfig("copyhold.store")),
                DdlSettings.from(ConfigFactory.load().getConfig("copyhold.store.ddl")),
                BackfillSettings.from(ConfigFactory.load().getConfig("copyhold.store.backfill")),
                Permits.local(CONNECTIONS_MAX, PERMIT_LIMIT))
            .open(address, _ -> admin.password().get());
    opened.store().prepare();
  }

  @Override
  public String name() {
    return "Copyhold";
  }

  @Override
  public void create(String home) {
    opened.store().createHome(ref(home), "bench", fence(home, "create"));
  }

  @Override
  public void apply(String home) {
    for (Script script : scripts) {
      opened.store().apply(ref(home), script, fence(home, script.file()), LockPolicy.DEFAULT);
    }
  }

  @Override
  public void requireCurrent(String home) {
    List<LedgerRow> ledger = opened.store().ledger(ref(home));
    for (int i = 0; i < scripts.size(); i++) {
      if (i >= ledger.size() || !ledger.get(i).checksum().equals(scripts.get(i).checksum())) {
        throw new IllegalStateException("not current: " + scripts.get(i));
      }
    }
  }

  private static HomeRef ref(String home) {
    return new HomeRef("bench", Isolation.SCHEMA, home);
  }

  private static Fence fence(String home, String step) {
    EntityRef owner = new EntityRef("tenant", home);
    return new Fence(
        owner.operation("migrate/1"),
        owner,
        new FenceToken(1, 1),
        home + "/" + step,
        1,
        Fence.OnStop.NEVER);
  }

  @Override
  public void close() {
    opened.close().run();
  }
}
