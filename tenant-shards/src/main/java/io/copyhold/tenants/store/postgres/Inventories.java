package io.copyhold.tenants.store.postgres;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.tenants.isolation.Preflight;
import io.copyhold.tenants.store.Inventory;
import io.copyhold.tenants.store.postgres.session.HomeBook;
import io.copyhold.tenants.store.postgres.session.Sql;
import java.sql.Array;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Looks at a database or schema that is not ours yet; reads catalogs only. */
final class Inventories {
  private static final int TABLES_MAX = 1_000;
  private static final int NAMES_MAX = 200;

  private static final String WITHIN =
      " (n.nspname = ?::text or (?::text is null and n.nspname !~ '^pg_'"
          + " and n.nspname not in ('information_schema', 'copyhold')))";

  private Inventories() {}

  static Inventory of(Connection c, String database, @Nullable String schema) throws SQLException {
    if (schema != null && !Sql.any(c, "select from pg_namespace where nspname = ?", schema)) {
      throw new ProblemException(
          Problem.notFound("schema-missing", "There is no such schema.")
              .at(database + '.' + schema)
              .todo("Name an existing schema; leave it out for the whole database."));
    }
    long size =
        Sql.first(
                c,
                "select coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint from pg_class c"
                    + " join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'm') and"
                    + WITHIN,
                r -> r.getLong(1),
                schema,
                schema)
            .orElse(0L);
    List<Inventory.Table> tables = tables(c, schema);
    List<String> owners = owners(c, schema);
    return new Inventory(
        database,
        schema == null ? "" : schema,
        size,
        tables.size() <= TABLES_MAX ? tables.size() : count(c, schema),
        tables.subList(0, Math.min(TABLES_MAX, tables.size())),
        names(
            c,
            "select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid ="
                + " c.relnamespace where c.relkind in ('v', 'm') and",
            schema),
        names(
            c,
            "select f.oid::regprocedure::text from pg_proc f join pg_namespace n on n.oid ="
                + " f.pronamespace where not exists (select from pg_depend d where d.objid = f.oid and"
                + " d.deptype = 'e') and",
            schema),
        Sql.strings(
            c,
            "select extname || ' ' || extversion from pg_extension order by 1 limit " + NAMES_MAX),
        owners,
        Preflight.blocksPooling(c, schema),
        blocksAdoption(c, database, schema, owners));
  }

  private static List<Inventory.Table> tables(Connection c, @Nullable String schema)
      throws SQLException {
    return Sql.list(
        c,
        """
        select n.nspname, c.relname, pg_get_userbyid(c.relowner), pg_total_relation_size(c.oid),
          c.reltuples::bigint,
          (select array_agg(a.attname::text order by k.ord) from pg_index x,
            unnest(x.indkey::int2[]) with ordinality as k (attnum, ord)
            join pg_attribute a on a.attnum = k.attnum
            where x.indrelid = c.oid and x.indisprimary and a.attrelid = c.oid),
          exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id'
            and not a.attisdropped)
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p') and
        """
            + WITHIN
            + " order by 1, 2 limit "
            + (TABLES_MAX + 1),
        r -> {
          @Nullable Array key = r.getArray(6);
          return new Inventory.Table(
              r.getString(1),
              r.getString(2),
              r.getString(3),
              r.getLong(4),
              r.getLong(5),
              key == null ? List.of() : Arrays.asList((String[]) key.getArray()),
              r.getBoolean(7));
        },
        schema,
        schema);
  }

  private static int count(Connection c, @Nullable String schema) throws SQLException {
    return Sql.first(
            c,
            "select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace where"
                + " c.relkind in ('r', 'p') and"
                + WITHIN,
            r -> r.getInt(1),
            schema,
            schema)
        .orElse(0);
  }

  private static List<String> names(Connection c, String select, @Nullable String schema)
      throws SQLException {
    return Sql.strings(c, select + WITHIN + " order by 1 limit " + NAMES_MAX, schema, schema);
  }

  /** Who owns a table, view or sequence there. */
  static List<String> owners(Connection c, @Nullable String schema) throws SQLException {
    return Sql.strings(
        c,
        "select distinct pg_get_userbyid(c.relowner)::text from pg_class c join pg_namespace n on n.oid"
            + " = c.relnamespace where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f') and"
            + WITHIN
            + " order by 1",
        schema,
        schema);
  }

  static List<Problem> blocksAdoption(
      Connection c, String database, @Nullable String schema, List<String> owners)
      throws SQLException {
    List<Problem> blocks = new ArrayList<>();
    if (owners.size() > 1) {
      blocks.add(
          Problem.conflict("several-owners", "Objects belong to several roles: " + owners + ".")
              .todo("REASSIGN OWNED BY … TO one role that migrations run as."));
    }
    for (String owner : owners) {
      if (Sql.any(c, "select from pg_roles where rolname = ? and rolsuper", owner)) {
        blocks.add(
            Problem.conflict(
                    "owned-by-superuser", "Migrations would run as superuser " + owner + ".")
                .todo("ALTER … OWNER TO a role with fewer rights."));
      } else if (!Sql.any(c, "select where pg_has_role(?, 'MEMBER')", owner)) {
        blocks.add(
            Problem.conflict("not-member-of-owner", "The control role cannot act as " + owner + ".")
                .todo("GRANT \"" + owner + "\" TO the control role."));
      }
    }
    if (!Sql.any(c, "select where has_database_privilege(current_database(), 'CREATE')")) {
      blocks.add(
          Problem.conflict(
                  "missing-create",
                  "The control role may not create schema copyhold in the database.")
              .todo("GRANT CREATE ON DATABASE \"" + database + "\" TO the control role."));
    }
    if (HomeBook.present(c)
        && Sql.any(
            c,
            "select from copyhold.home where state <> 'dropped' and database = ?"
                + " and (schema = ?::text or ?::text is null)",
            database,
            schema,
            schema)) {
      blocks.add(Problem.conflict("already-home", "Copyhold has a home there already."));
    }
    String where = schema == null ? database : database + '.' + schema;
    return blocks.stream().map(p -> p.at(where)).toList();
  }
}
