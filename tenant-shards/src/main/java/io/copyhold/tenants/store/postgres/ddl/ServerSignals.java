package io.copyhold.tenants.store.postgres.ddl;

import io.copyhold.tenants.store.postgres.session.Sql;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What a server says about itself. Who replicates and how far is shown to members of {@code
 * pg_read_all_stats} alone; to another control role no replica lags.
 */
public final class ServerSignals {
  /** Log that a replica or a receiver of the log has not got, where it is shown. */
  private static final String LAG =
      """
      select coalesce(nullif(application_name, ''), client_addr::text, 'a replica'),
        coalesce(greatest(extract(epoch from replay_lag), extract(epoch from flush_lag), 0) * 1000, 0)::bigint,
        coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), coalesce(replay_lsn, flush_lsn, sent_lsn)), 0)::bigint
      from pg_stat_replication where state in ('streaming', 'catchup')
        and (extract(epoch from greatest(replay_lag, flush_lag)) * 1000 > ?
          or pg_wal_lsn_diff(pg_current_wal_lsn(), coalesce(replay_lsn, flush_lsn, sent_lsn)) > ?)
      order by 3 desc limit 1
      """;

  private static final String ARCHIVE =
      """
      select last_failed_wal from pg_stat_archiver
      where current_setting('archive_mode') <> 'off' and last_failed_time > coalesce(last_archived_time, '-infinity')
      """;

  /** An autovacuum worker has no user; what it holds is shown to everybody. */
  private static final String VACUUM =
      """
      select a.pid from pg_locks l join pg_stat_activity a on a.pid = l.pid
      join pg_class c on c.oid = l.relation join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = ? and (c.relname = ? or c.oid in (select i.inhrelid from pg_inherits i
          join pg_class p on p.oid = i.inhparent join pg_namespace pn on pn.oid = p.relnamespace
          where pn.nspname = n.nspname and p.relname = ?))
        and l.mode = 'ShareUpdateExclusiveLock' and l.granted and a.usesysid is null
      limit 1
      """;

  private ServerSignals() {}

  /** All of them. */
  public static Throttle all(BackfillSettings settings) {
    return Throttle.any(
        List.of(
            replicaLag(settings.lagMax(), settings.lagBytesMax(), settings.throttleLimit()),
            archiveTrouble(settings.throttleLimit()),
            vacuumOfTheTable(settings.vacuumLimit())));
  }

  /** A replica is behind by more time or log than that. */
  public static Throttle replicaLag(Duration timeMax, long bytesMax, Duration atMost) {
    return (c, table) ->
        Sql.first(
            c,
            LAG,
            r ->
                new Throttle.Hold(
                    "Replica "
                        + r.getString(1)
                        + " is behind by "
                        + r.getLong(2)
                        + " ms and "
                        + r.getLong(3)
                        + " bytes.",
                    atMost,
                    false),
            timeMax.toMillis(),
            bytesMax);
  }

  /** The server's archive refuses its log, which then fills the disk. */
  public static Throttle archiveTrouble(Duration atMost) {
    return (c, table) ->
        Sql.first(
            c,
            ARCHIVE,
            r ->
                new Throttle.Hold(
                    "The archive does not take log segment " + r.getString(1) + ".",
                    atMost,
                    false));
  }

  /** A vacuum cleans up after us: let it come to its end. */
  public static Throttle vacuumOfTheTable(Duration atMost) {
    return (c, table) ->
        Sql.first(
            c,
            VACUUM,
            r ->
                new Throttle.Hold(
                    "An autovacuum works on the table, pid " + r.getInt(1) + ".", atMost, true),
            table.schema(),
            table.name(),
            table.name());
  }

  /**
   * A query of the operator's whose one number is too high; a failing one holds back too.
   *
   * @param sql trusted text of the operator's settings; a query of milliseconds
   */
  public static Throttle load(String sql, double max, Duration atMost) {
    return (c, table) -> {
      double value;
      try {
        value = Sql.first(c, Fragments.bindable(sql), r -> r.getDouble(1)).orElse(0.0);
      } catch (SQLException e) {
        if (c.isClosed()) {
          throw e;
        }
        return Optional.of(
            new Throttle.Hold(
                "The load query fails with SQLSTATE " + e.getSQLState() + ".", atMost, false));
      }
      return value > max
          ? Optional.of(
              new Throttle.Hold("The load is " + value + ", above " + max + ".", atMost, false))
          : Optional.empty();
    };
  }
}
