package io.copyhold.chaos.demo;

import io.copyhold.runtime.postgres.Database;
import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.isolation.Place;
import io.copyhold.tenants.store.StoreAddress;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The homes as their own databases know them, read by the stores' administrator. */
final class Homes {
  private static final String LEDGER =
      "select position, version, file, checksum from copyhold.ledger where home = ? order by position";

  /** Columns, keys and indexes of a home, without its name. */
  private static final String SHAPE =
      """
      select md5(coalesce(string_agg(part, E'\\n' order by part), '')) from (
        select 'column ' || c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
          || ' ' || a.attnotnull || ' ' || coalesce(pg_get_expr(d.adbin, d.adrelid), '') as part
        from pg_class c join pg_attribute a on a.attrelid = c.oid
        left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
        where c.relnamespace = n.oid and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped
        union all
        select 'key ' || c.relname || ' ' || k.conname || ' ' || k.contype::text
        from pg_constraint k join pg_class c on c.oid = k.conrelid
        where c.relnamespace = n.oid and k.contype in ('p', 'u', 'f', 'c')
        union all
        select 'index ' || c.relname || ' ' || i.relname
        from pg_index x join pg_class c on c.oid = x.indrelid join pg_class i on i.oid = x.indexrelid
        where c.relnamespace = n.oid and x.indisvalid
      ) parts
      """;

  private static final String SHAPE_OF_SCHEMA =
      "with n as (select oid from pg_namespace where nspname = ?) select s.* from n, lateral ("
          + SHAPE
          + ") s";

  private Homes() {}

  /**
   * One home.
   *
   * @param owner {@code tenant/acme} or {@code pool/shared}
   * @param store its id
   * @param key by which the ledger knows it: {@code schema/acme}
   */
  record Home(String owner, String store, String key, String database, String schema) {}

  /** One line of a ledger. */
  record Entry(int position, String version, String file, String checksum) {}

  /**
   * What a home says of itself.
   *
   * @param shape equal for equal tables
   */
  record Seen(List<Entry> ledger, String shape) {}

  /**
   * The homes that these tenants have for themselves, and all pools, with members or not.
   *
   * @param pools by store
   */
  static List<Home> of(List<Login> logins, Map<String, String> pools) {
    List<Home> homes = new ArrayList<>();
    for (Login login : logins) {
      if (!login.isolation().equals("pool")) {
        homes.add(
            new Home(
                "tenant/" + login.tenant(),
                login.store(),
                login.home().substring(login.store().length() + 1),
                login.database().name(),
                login.schema()));
      }
    }
    pools.forEach((store, pool) -> {
      Place place =
          Place.of(new HomeRef(store, Isolation.POOL, pool), StoreAddress.SHARED_DATABASE);
      homes.add(new Home("pool/" + pool, store, place.key(), place.database(), place.schema()));
    });
    return List.copyOf(homes);
  }

  /**
   * Asks one home.
   *
   * @param administrator of its store
   */
  static Seen look(Home home, Database administrator) throws SQLException {
    try (Connection c = administrator.withName(home.database()).connect("demo-proof")) {
      return new Seen(ledger(c, home), shape(c, home));
    }
  }

  private static List<Entry> ledger(Connection c, Home home) throws SQLException {
    try (PreparedStatement s = c.prepareStatement(LEDGER)) {
      s.setString(1, home.key());
      List<Entry> entries = new ArrayList<>();
      try (ResultSet r = s.executeQuery()) {
        while (r.next()) {
          entries.add(new Entry(r.getInt(1), r.getString(2), r.getString(3), r.getString(4)));
        }
      }
      return entries;
    }
  }

  private static String shape(Connection c, Home home) throws SQLException {
    try (PreparedStatement s = c.prepareStatement(SHAPE_OF_SCHEMA)) {
      s.setString(1, home.schema());
      try (ResultSet r = s.executeQuery()) {
        return r.next() ? r.getString(1) : "no schema " + home.schema();
      }
    }
  }
}
