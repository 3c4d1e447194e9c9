package io.copyhold.tenants.store.postgres;

import static io.copyhold.runtime.postgres.Identifiers.quote;

import io.copyhold.tenants.isolation.Place;
import io.copyhold.tenants.store.TenantDigest;
import io.copyhold.tenants.store.postgres.session.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.TreeMap;

/**
 * What of a tenant is in a home, in short. Rows are hashed as text under pinned settings and the
 * hashes added.
 */
final class Digests {
  private static final String PINS =
      """
      select set_config('role', ?, true), set_config('copyhold.as_tenant', ?, true),
        set_config('DateStyle', 'ISO, YMD', true), set_config('IntervalStyle', 'iso_8601', true),
        set_config('TimeZone', 'UTC', true), set_config('extra_float_digits', '1', true),
        set_config('bytea_output', 'hex', true), set_config('lc_monetary', 'C', true),
        set_config('xmlbinary', 'base64', true), set_config('search_path', 'pg_catalog', true)
      """;

  private Digests() {}

  static TenantDigest of(Connection c, Place place, String tenant) throws SQLException {
    Map<String, TenantDigest.Rows> tables = new TreeMap<>();
    Sql.first(c, PINS, r -> true, place.owner(), tenant);
    for (String table :
        Sql.strings(
            c,
            "select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
                + " where n.nspname = ? and c.relkind in ('r', 'p') and not c.relispartition",
            place.schema())) {
      Sql.first(
              c,
              "select count(*), coalesce(sum(hashtextextended(x::text, 0)), 0)::text from "
                  + quote(place.schema(), table)
                  + " x",
              r -> new TenantDigest.Rows(r.getLong(1), r.getString(2)))
          .ifPresent(rows -> tables.put(table, rows));
    }
    return new TenantDigest(tables);
  }
}
