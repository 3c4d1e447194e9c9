package io.copyhold.tenants.store.postgres.ddl;

import static io.copyhold.tenants.store.postgres.ddl.LiveHome.await;
import static io.copyhold.tenants.store.postgres.ddl.LiveHome.problem;
import static io.copyhold.tenants.store.postgres.ddl.LiveHome.small;
import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.postgres.BaseBackup;
import io.copyhold.runtime.postgres.Database;
import io.copyhold.runtime.postgres.EmbeddedPostgres;
import io.copyhold.runtime.postgres.EmbeddedPostgresSettings;
import io.copyhold.runtime.postgres.Identifiers;
import io.copyhold.runtime.postgres.PostgresFixture;
import io.copyhold.runtime.postgres.Replication;
import io.copyhold.runtime.postgres.RestoredServer;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.store.postgres.StoreFixture;
import io.copyhold.tenants.store.postgres.session.Sql;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a real server says about its replica, its archive and its vacuum holds a backfill back. */
class ServerSignalsTest {
  private final EmbeddedPostgresSettings settings =
      PostgresFixture.newSettings()
          .withParameter("archive_mode", "on")
          .withParameter("autovacuum_naptime", "1s")
          .withParameter("autovacuum_vacuum_cost_delay", "100ms")
          .withParameter("autovacuum_vacuum_cost_limit", "1");
  private EmbeddedPostgres server;
  private LiveHome live;

  @BeforeEach
  void start() throws SQLException {
    server = PostgresFixture.start(settings);
    root("alter system set archive_command = 'true'");
    root("select pg_reload_conf()");
    StoreFixture store = StoreFixture.on(server.database("postgres"), "createdb createrole");
    store.store().prepare();
    live = new LiveHome(store, Isolation.SCHEMA);
    live.sql("grant pg_read_all_stats to " + Identifiers.quote(store.address().user()));
    live.numbers(
        "create table numbers (id int primary key, n int not null default 0)",
        "insert into numbers select g, 0 from generate_series(1, 1000) g");
  }

  @AfterEach
  void stop() {
    live.close();
    server.close();
  }

  private void root(String sql) throws SQLException {
    try (Connection c = server.database("postgres").connect("test")) {
      Sql.run(c, sql);
    }
  }

  private Backfill count() {
    return Backfill.of("count", live.table("numbers"), "n", "n + 1");
  }

  private Problem held(Throttle throttle) {
    return problem(() ->
        live.backfills(small()).runAll(live.place, live.fence(), count(), throttle, Control.NONE));
  }

  private void finishes(Throttle throttle) throws SQLException {
    assertThat(live.persist(count(), throttle, Control.NONE).progress().done()).isEqualTo(1000);
    assertThat(live.one("select min(n) || '-' || max(n) from numbers")).isEqualTo("1-1");
  }

  @Test
  void aReplicaThatIsBehindHoldsItBackUntilItHasCaughtUp() throws Exception {
    try (EmbeddedPostgres standby = standby();
        Connection replica = standby.database("postgres").connect("test")) {
      await(() ->
          !live.strings("select 'x' from pg_stat_replication where state = 'streaming'").isEmpty());
      Sql.run(replica, "select pg_wal_replay_pause()");
      await(
          () -> Sql.strings(replica, "select pg_get_wal_replay_pause_state()").contains("paused"));
      live.sql("create table filler as select repeat('x', 500) v from generate_series(1, 2000)");
      Throttle lag =
          ServerSignals.replicaLag(Duration.ofDays(1), 256 * 1024, Duration.ofMillis(200));
      Problem problem = held(lag);
      assertThat(problem.code()).isEqualTo("backfill-throttled");
      assertThat(problem.what()).contains("copyhold_standby is behind by");
      Sql.run(replica, "select pg_wal_replay_resume()");
      finishes(lag);
    }
  }

  private EmbeddedPostgres standby() throws Exception {
    Database primary = server.database("postgres");
    BaseBackup backup = new BaseBackup(PostgresFixture.newDirectory());
    try (Replication connection = Replication.open(primary, Duration.ofSeconds(60))) {
      backup.take(connection, "standby", _ -> {});
    }
    EmbeddedPostgresSettings follower = PostgresFixture.newSettings();
    RestoredServer.standby(
        follower,
        backup,
        primary,
        Files.readString(settings.directory().resolve("superuser")).strip());
    return PostgresFixture.start(follower);
  }

  @Test
  void anArchiveThatRefusesHoldsItBackUntilItTakesAgain() throws Exception {
    root("alter system set archive_command = 'false'");
    root("select pg_reload_conf()");
    root("select pg_switch_wal()");
    Throttle archive = ServerSignals.archiveTrouble(Duration.ofMillis(200));
    await(() ->
        !live.strings(
                "select 'x' from pg_stat_archiver where last_failed_time >"
                    + " coalesce(last_archived_time, '-infinity')")
            .isEmpty());
    assertThat(held(archive).what()).contains("The archive does not take log segment");
    root("alter system set archive_command = 'true'");
    root("select pg_reload_conf()");
    finishes(archive);
  }

  @Test
  void anAutovacuumOfTheTableIsLetThroughForAWhileAndThenItGoesOn() throws Exception {
    live.sql(
        "create table filler (v text); insert into numbers select g, 0 from"
            + " generate_series(1001, 40000) g; delete from numbers where id > 1000;"
            + " alter table numbers set (autovacuum_vacuum_threshold = 1,"
            + " autovacuum_vacuum_scale_factor = 0)");
    await(() ->
        !live.strings("select 'x' from pg_stat_progress_vacuum where relid = 'numbers'::regclass")
            .isEmpty());
    try (Connection c = live.fixture.superuser(live.place.database())) {
      var hold =
          ServerSignals.vacuumOfTheTable(Duration.ofMillis(300)).look(c, live.table("numbers"));
      assertThat(hold).isPresent();
      assertThat(hold.orElseThrow().why()).contains("An autovacuum works on the table");
      assertThat(
              ServerSignals.vacuumOfTheTable(Duration.ofMillis(300)).look(c, live.table("filler")))
          .isEmpty();
    }
    Future<?> all =
        live.async(() -> {
          finishes(ServerSignals.vacuumOfTheTable(Duration.ofMillis(300)));
          return true;
        });
    all.get(120, TimeUnit.SECONDS);
  }

  @Test
  void aQuietServerHoldsNothingBack() throws SQLException {
    finishes(ServerSignals.all(BackfillSettings.from(LiveHome.CONFIG.getConfig("backfill"))));
  }
}
