package io.copyhold.tenants.isolation;

import static io.copyhold.runtime.postgres.Identifiers.quote;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * Row-level security of a pool: every table with a tenant column shows a session the rows of the
 * tenant that it logged in as, to its owner too. A second policy lets the control role run a script
 * over all tenants, as the owner and for one transaction.
 *
 * <p>The function stands in a sub-select, so the planner asks it once per statement and not once
 * per row.
 */
public final class RowPolicies {
  /** Column that says whose a row is. */
  public static final String TENANT_COLUMN = "tenant_id";

  static final String TENANT_POLICY = "copyhold_tenant";
  static final String MIGRATION_POLICY = "copyhold_migration";

  /** As the catalog shows the policies' expressions. */
  static final String TENANT_EXPRESSION = "(tenant_id = ( SELECT copyhold.tenant() AS tenant))";

  static final String MIGRATION_EXPRESSION = "( SELECT copyhold.migrating() AS migrating)";

  private static final String OPEN =
      """
      select c.relname, c.relrowsecurity and c.relforcerowsecurity,
        exists (select from pg_policy p where p.polrelid = c.oid and p.polname = 'copyhold_tenant'),
        exists (select from pg_policy p where p.polrelid = c.oid and p.polname = 'copyhold_migration')
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = ? and c.relkind in ('r', 'p')
        and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id'
          and not a.attisdropped and a.atttypid = 'text'::regtype)
        and not (c.relrowsecurity and c.relforcerowsecurity
          and 2 = (select count(*) from pg_policy p where p.polrelid = c.oid
            and p.polname in ('copyhold_tenant', 'copyhold_migration')))
      order by c.relname
      """;

  private RowPolicies() {}

  private record Table(String name, boolean forced, boolean tenant, boolean migration) {}

  /**
   * Gives every table of the pool that lacks it its policies. In a transaction, acting as the
   * owner.
   */
  public static void cover(Connection c, Place pool) throws SQLException {
    List<Table> tables = new ArrayList<>();
    try (PreparedStatement s = c.prepareStatement(OPEN)) {
      s.setString(1, pool.schema());
      try (ResultSet r = s.executeQuery()) {
        while (r.next()) {
          tables.add(new Table(r.getString(1), r.getBoolean(2), r.getBoolean(3), r.getBoolean(4)));
        }
      }
    }
    try (Statement s = c.createStatement()) {
      for (Table table : tables) {
        String name = quote(pool.schema(), table.name());
        if (!table.forced()) {
          s.execute("alter table " + name + " enable row level security, force row level security");
        }
        if (!table.tenant()) {
          String rows = "(tenant_id = (select copyhold.tenant()))";
          s.execute(
              "create policy copyhold_tenant on "
                  + name
                  + " using "
                  + rows
                  + " with check "
                  + rows);
        }
        if (!table.migration()) {
          String all = "((select copyhold.migrating()))";
          s.execute(
              "create policy copyhold_migration on "
                  + name
                  + " to "
                  + quote(pool.owner())
                  + " using "
                  + all
                  + " with check "
                  + all);
        }
      }
    }
  }
}
