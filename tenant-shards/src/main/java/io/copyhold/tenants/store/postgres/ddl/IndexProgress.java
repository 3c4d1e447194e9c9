package io.copyhold.tenants.store.postgres.ddl;

import io.copyhold.tenants.store.postgres.session.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;

/**
 * How far the server is with an index; source: {@code pg_stat_progress_create_index}.
 *
 * @param phase the server's words
 * @param lockersDone transactions that it has waited for in this phase
 * @param blocksDone of the table, in this phase
 * @param tuplesDone rows, in this phase
 */
public record IndexProgress(
    String phase,
    long lockersDone,
    long lockersTotal,
    long blocksDone,
    long blocksTotal,
    long tuplesDone,
    long tuplesTotal) {

  static Optional<IndexProgress> of(Connection c, TableName table) throws SQLException {
    return Sql.first(
        c,
        "select coalesce(p.phase, ''), p.lockers_done, p.lockers_total, p.blocks_done, p.blocks_total,"
            + " p.tuples_done, p.tuples_total from pg_stat_progress_create_index p"
            + " join pg_class c on c.oid = p.relid join pg_namespace n on n.oid = c.relnamespace"
            + " where p.datname = current_database() and n.nspname = ? and c.relname = ?",
        r ->
            new IndexProgress(
                r.getString(1),
                r.getLong(2),
                r.getLong(3),
                r.getLong(4),
                r.getLong(5),
                r.getLong(6),
                r.getLong(7)),
        table.schema(),
        table.name());
  }
}
