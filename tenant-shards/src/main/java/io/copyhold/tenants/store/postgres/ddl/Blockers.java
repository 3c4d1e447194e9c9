package io.copyhold.tenants.store.postgres.ddl;

import io.copyhold.tenants.isolation.Place;
import io.copyhold.tenants.store.postgres.session.Sql;
import io.copyhold.tenants.store.postgres.session.SqlTrouble;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Finds who holds what is waited for, oldest transaction first, and ends them by policy. */
public final class Blockers {
  private static final int NAMED_MAX = 5;

  /** {@code held}: rows (pid, virtualtransaction). */
  private static final String WHO =
      """
      select distinct on (age, a.pid) coalesce(a.pid, 0),
        coalesce(a.usename, a.backend_type, p.owner::text, 'autovacuum worker'),
        coalesce(a.application_name, p.gid, ''), a.state,
        upper(substring(a.query from '^\\s*([A-Za-z]+)')),
        (extract(epoch from age) * 1000)::bigint,
        (extract(epoch from clock_timestamp() - a.query_start) * 1000)::bigint,
        case when p.gid is not null then 'PREPARED'
          when a.usesysid is null and coalesce(a.backend_type, 'autovacuum worker') = 'autovacuum worker'
            then case when a.query not like 'autovacuum: %%' or a.query is null then 'VACUUM_HIDDEN'
              when a.query like '%%(to prevent wraparound)' then 'WRAPAROUND' else 'AUTOVACUUM' end
          else 'CLIENT' end
      from (%s) held
      left join pg_stat_activity a on a.pid = held.pid
      left join pg_prepared_xacts p on held.pid is null
        and p.transaction::text = split_part(held.virtualtransaction, '/', 2)
      cross join lateral (select clock_timestamp() - coalesce(a.xact_start, p.prepared) as age) x
      where a.pid is not null or p.gid is not null
      order by age desc nulls last, a.pid limit ?
      """;

  private static final String HELD =
      """
      select l.pid, l.virtualtransaction from pg_locks l
      join pg_class r on r.oid = l.relation join pg_namespace n on n.oid = r.relnamespace
      where l.granted and l.pid is distinct from pg_backend_pid()
        and l.database = (select oid from pg_database where datname = current_database())
      """;

  private static final String OF_TABLES =
      WHO.formatted(
          HELD
              + " and (n.nspname, r.relname, l.mode) in"
              + " (select * from unnest(?::text[], ?::text[], ?::text[]))");
  private static final String OF_HOME =
      WHO.formatted(
          HELD + " and (n.nspname = ? or (n.nspname = 'copyhold' and r.relname = 'home'))");
  private static final String OF_SESSION =
      WHO.formatted("select unnest(pg_blocking_pids(?)) as pid, null::text as virtualtransaction");

  private Blockers() {}

  /** Who holds a lock that is in the way of these. */
  static List<Blocker> of(Connection c, List<Locked> locks) throws SQLException {
    List<String> schemas = new ArrayList<>();
    List<String> tables = new ArrayList<>();
    List<String> modes = new ArrayList<>();
    for (Locked lock : locks) {
      for (LockLevel level : lock.level().conflicting()) {
        schemas.add(lock.table().schema());
        tables.add(lock.table().name());
        modes.add(level.mode());
      }
    }
    return Sql.list(c, OF_TABLES, Blockers::read, schemas, tables, modes, NAMED_MAX);
  }

  /** Who holds any lock in the home. */
  public static List<Blocker> inHome(Connection c, Place place) throws SQLException {
    return Sql.list(c, OF_HOME, Blockers::read, place.schema(), NAMED_MAX);
  }

  /** Whom that session waits for now. */
  static List<Blocker> of(Connection c, int pid) throws SQLException {
    return Sql.list(c, OF_SESSION, Blockers::read, pid, NAMED_MAX);
  }

  /** The same with what was done about each. */
  static List<Blocker> act(Connection c, List<Blocker> blockers, BlockerPolicy policy)
      throws SQLException {
    List<Blocker> all = new ArrayList<>();
    for (Blocker blocker : blockers) {
      String function = function(blocker, policy);
      all.add(function.isEmpty() ? blocker : blocker.ended(end(c, blocker, function)));
    }
    return all;
  }

  private static String function(Blocker blocker, BlockerPolicy policy) {
    Duration age = blocker.transactionAge();
    return switch (blocker.kind()) {
      case AUTOVACUUM -> "pg_cancel_backend";
      case WRAPAROUND, VACUUM_HIDDEN, PREPARED -> "";
      case CLIENT -> {
        if (age == null
            || age.compareTo(policy.olderThan()) < 0
            || policy.spared().contains(blocker.application())
            || blocker.application().startsWith("copyhold")) {
          yield "";
        }
        yield switch (policy.action()) {
          case WAIT -> "";
          case CANCEL -> "active".equals(blocker.state()) ? "pg_cancel_backend" : "";
          case TERMINATE -> "pg_terminate_backend";
        };
      }
    };
  }

  private static String end(Connection c, Blocker blocker, String function) throws SQLException {
    try {
      Sql.first(c, "select " + function + "(?)", r -> true, blocker.pid());
      return function.contains("cancel") ? "cancelled" : "terminated";
    } catch (SQLException e) {
      if (!SqlTrouble.state(e).equals("42501")) {
        throw e;
      }
      return function.contains("cancel") ? "may not be cancelled" : "may not be terminated";
    }
  }

  static String names(List<Locked> locks) {
    return locks.stream().map(Locked::toString).collect(Collectors.joining(", "));
  }

  private static Blocker read(ResultSet r) throws SQLException {
    return new Blocker(
        r.getInt(1),
        r.getString(2),
        r.getString(3),
        r.getString(4),
        r.getString(5),
        millis(r, 6),
        millis(r, 7),
        Blocker.Kind.valueOf(r.getString(8)),
        "");
  }

  private static @Nullable Duration millis(ResultSet r, int column) throws SQLException {
    long millis = r.getLong(column);
    return r.wasNull() ? null : Duration.ofMillis(Math.max(0, millis));
  }
}
