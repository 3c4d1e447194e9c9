package io.copyhold.tenants.store.postgres;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.tenants.isolation.Place;
import io.copyhold.tenants.store.Drift;
import io.copyhold.tenants.store.Script;
import io.copyhold.tenants.store.postgres.session.HomeBook;
import io.copyhold.tenants.store.postgres.session.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/**
 * The shape of a home, one line per table, column, constraint, index, view and trigger, as the
 * server writes them; remembered in the home's row after a migration. A script forgets it in its
 * own transaction, so that nothing is taken for drift while a migration stands half-way.
 */
final class Shapes {
  /** Lines by kind and name of one schema. */
  private static final String LINES =
      """
      with rel as (
        select c.oid, c.relname, c.relkind, c.relrowsecurity, c.relforcerowsecurity
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = ? and c.relkind in ('r', 'p', 'v', 'm', 'f'))
      select line from (
        select format('%s %I%s', case relkind when 'v' then 'view' when 'm' then 'materialized view' else 'table' end,
            relname, case when relkind in ('v', 'm') then ' ' || md5(pg_get_viewdef(oid)) else
              case when relrowsecurity then ' row security' else '' end
              || case when relforcerowsecurity then ' forced' else '' end end) as line from rel
        union all
        select format('column %I.%I %s%s%s', r.relname, a.attname, format_type(a.atttypid, a.atttypmod),
            case when a.attnotnull then ' not null' else '' end,
            coalesce(case a.attgenerated when 's' then ' generated ' else ' default ' end
              || pg_get_expr(d.adbin, d.adrelid), '')
              || case a.attidentity when '' then '' else ' identity ' || a.attidentity::text end)
        from rel r join pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
          left join pg_attrdef d on d.adrelid = r.oid and d.adnum = a.attnum
        where r.relkind in ('r', 'p', 'f')
        union all
        select format('constraint %I.%I %s', r.relname, k.conname, pg_get_constraintdef(k.oid))
        from rel r join pg_constraint k on k.conrelid = r.oid where k.contype <> 'n'
        union all
        select format('index %I %s%s', i.relname, regexp_replace(pg_get_indexdef(x.indexrelid), '^.*? ON ', 'ON '),
            case when x.indisunique then ' unique' else '' end || case when x.indisvalid then '' else ' invalid' end)
        from rel r join pg_index x on x.indrelid = r.oid join pg_class i on i.oid = x.indexrelid
        where not exists (select from pg_constraint k where k.conindid = x.indexrelid and k.contype in ('p', 'u', 'x'))
        union all
        select format('trigger %I.%I %s', r.relname, t.tgname, md5(pg_get_triggerdef(t.oid)))
        from rel r join pg_trigger t on t.tgrelid = r.oid where not t.tgisinternal
      ) all_lines order by line collate "C"
      """;

  Drift drift(Connection c, Place place) throws SQLException {
    Optional<String> kept =
        Sql.first(
            c,
            "select coalesce(shape, '?') from copyhold.home where home = ? and state = 'ready'",
            r -> r.getString(1),
            place.key());
    if (kept.isEmpty()) {
      throw new ProblemException(HomeBook.missing(place));
    }
    List<String> now = lines(c, place);
    boolean known = !kept.get().equals("?");
    List<String> then = known ? kept.get().lines().toList() : now;
    return new Drift(
        known,
        digest(now),
        now.stream().filter(line -> !then.contains(line)).toList(),
        then.stream().filter(line -> !now.contains(line)).toList());
  }

  void remember(Connection c, Place place, @org.jspecify.annotations.Nullable String expected)
      throws SQLException {
    List<String> now = lines(c, place);
    if (expected != null && !expected.equals(digest(now))) {
      throw new ProblemException(
          Problem.conflict("shape-changed", "The home's shape has changed since it was looked at.")
              .at(place.key())
              .todo("Look at its drift again, then accept that."));
    }
    Sql.update(
        c,
        "update copyhold.home set shape = ? where home = ? and (shape is null or ?)",
        String.join("\n", now),
        place.key(),
        expected != null);
  }

  private static List<String> lines(Connection c, Place place) throws SQLException {
    return Sql.strings(c, LINES, place.schema());
  }

  private static String digest(List<String> lines) {
    return Script.checksum(String.join("\n", lines));
  }
}
