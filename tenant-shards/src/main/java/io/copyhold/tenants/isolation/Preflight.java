package io.copyhold.tenants.isolation;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.postgres.Identifiers;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Finds everything in a home through which one tenant could see or change what is another's.
 * Row-level security fails open in many quiet ways; each has a rule here. Reads catalogs only, in
 * one query.
 */
public final class Preflight {
  /**
   * One way in.
   *
   * @param code of the problem
   * @param what one sentence, said of the object
   * @param todo how to close it
   * @param sql selects the objects that break it, from {@code p} (schema, owner, app), {@code n}
   *     (the schema), {@code o} (what is in it), {@code t} (its tables) and {@code login} (its
   *     tenants' roles)
   */
  private record Rule(String code, String what, String todo, String sql) {}

  private static final String SETUP =
      """
      with recursive p as materialized (
        select $1::text as schema, $2::text as owner, $3::text as app, $4::text as home),
      n as materialized (
        select ns.oid, ns.nspname, ns.nspacl, ns.nspowner from pg_namespace ns, p where nspname = p.schema),
      o as materialized (select c.* from pg_class c, n where c.relnamespace = n.oid),
      t as materialized (select * from o where relkind in ('r', 'p')),
      login as materialized (
        select r.oid, r.rolname from copyhold.member m join pg_roles r on r.rolname = m.role, p
        where m.home = p.home),
      mine as materialized (
        select oid, rolname from login
        union select r.oid, r.rolname from pg_roles r, p where r.rolname in (p.owner, p.app))
      """;

  private static final List<Rule> ROLES =
      List.of(
          new Rule(
              "role-bypasses-security",
              "The role is, or is a member of, a role that no row-level security holds.",
              "Revoke SUPERUSER, BYPASSRLS and the membership.",
              """
              select m.rolname::text || case when b.oid = m.oid then '' else ' through ' || b.rolname end
              from (with recursive reach (oid, top) as (
                  select r.oid, r.oid from pg_roles r where r.rolsuper or r.rolbypassrls
                    or r.rolname in ('pg_read_all_data', 'pg_write_all_data', 'pg_maintain',
                      'pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program')
                  union select a.member, reach.top from reach join pg_auth_members a on a.roleid = reach.oid)
                select oid, top from reach) as w
              join mine m on m.oid = w.oid join pg_roles b on b.oid = w.top
              where not (b.oid <> m.oid and exists (select from pg_roles s where s.oid = m.oid and s.rolsuper))
              """),
          new Rule(
              "role-other-groups",
              "A tenant's role is a member of a group that is not its home's.",
              "Revoke that membership.",
              """
              select l.rolname || ' in ' || g.rolname from login l
              join pg_auth_members a on a.member = l.oid join pg_roles g on g.oid = a.roleid, p
              where g.rolname <> p.app
              """),
          new Rule(
              "role-owns-tables",
              "Somebody can become the owner of the home's tables.",
              "Revoke the membership; only the control role acts as the owner.",
              """
              select r.rolname::text from pg_auth_members a join pg_roles o on o.oid = a.roleid
              join pg_roles r on r.oid = a.member, p
              where o.rolname = p.owner and r.oid <> (select nspowner from pg_namespace where nspname = 'copyhold')
              """));

  private static final List<Rule> STRUCTURE =
      List.of(
          new Rule(
              "schema-privileges",
              "Somebody besides the home's group may use its schema, or the group may create in it.",
              "Revoke that privilege on the schema.",
              """
              select n.nspname || ': ' || a.privilege_type || ' to '
                || case a.grantee when 0 then 'PUBLIC' else pg_get_userbyid(a.grantee)::text end
              from n, p, aclexplode(n.nspacl) a
              where a.grantee <> n.nspowner
                and not (a.grantee = to_regrole(quote_ident(p.app)) and a.privilege_type = 'USAGE')
              """),
          new Rule(
              "table-owner",
              "The table or view does not belong to the home's owner.",
              "ALTER … OWNER TO the home's owner.",
              """
              select c.relname || ' of ' || pg_get_userbyid(c.relowner) from o c, p
              where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
                and c.relowner <> to_regrole(quote_ident(p.owner))
              """),
          new Rule(
              "table-privileges",
              "Somebody may do more on the table than the home's group should: rows only.",
              "Revoke that privilege.",
              """
              select c.relname || ': ' || a.privilege_type || ' to '
                || case a.grantee when 0 then 'PUBLIC' else pg_get_userbyid(a.grantee)::text end
              from o c, p, aclexplode(c.relacl) a
              where a.grantee <> c.relowner
                and not (a.grantee = to_regrole(quote_ident(p.app))
                  and a.privilege_type in ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'USAGE'))
              union all
              select c.relname || '.' || b.attname || ': ' || a.privilege_type || ' to '
                || case a.grantee when 0 then 'PUBLIC' else pg_get_userbyid(a.grantee)::text end
              from o c join pg_attribute b on b.attrelid = c.oid, p, aclexplode(b.attacl) a
              where a.grantee <> c.relowner
                and not (a.grantee = to_regrole(quote_ident(p.app))
                  and a.privilege_type in ('SELECT', 'INSERT', 'UPDATE'))
              """),
          new Rule(
              "default-privileges",
              "Tables made later would give somebody more than rows.",
              "ALTER DEFAULT PRIVILEGES … REVOKE.",
              """
              select case when d.defaclnamespace = 0 then 'all schemas' else n.nspname::text end || ': '
                || a.privilege_type || ' to '
                || case a.grantee when 0 then 'PUBLIC' else pg_get_userbyid(a.grantee)::text end
              from pg_default_acl d join n on d.defaclnamespace in (0, n.oid), p, aclexplode(d.defaclacl) a
              where d.defaclrole = to_regrole(quote_ident(p.owner)) and d.defaclobjtype in ('r', 'S')
                and a.grantee <> d.defaclrole
                and not (a.grantee = to_regrole(quote_ident(p.app))
                  and a.privilege_type in ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'USAGE'))
              """),
          new Rule(
              "foreign-table",
              "A foreign table reaches another server with somebody else's rights.",
              "Drop it, or keep the tenant in a database of its own outside Copyhold.",
              """
              select c.relname::text from o c where c.relkind = 'f'
              """),
          new Rule(
              "unlogged-table",
              "An unlogged table is empty after a crash, and no standby or backup has it.",
              "ALTER TABLE … SET LOGGED.",
              "select t.relname::text from t where t.relpersistence = 'u'"));

  private static final List<Rule> DATABASE =
      List.of(
          new Rule(
              "connect-public",
              "Every role of the server may connect to this database.",
              "REVOKE CONNECT ON DATABASE … FROM PUBLIC.",
              """
              select d.datname || ': ' || a.privilege_type from pg_database d,
                aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
              where d.datname = current_database() and a.grantee = 0 and a.privilege_type = 'CONNECT'
              """),
          new Rule(
              "public-schema-open",
              "Every role may create objects in schema public, and others may fall for them.",
              "REVOKE CREATE ON SCHEMA public FROM PUBLIC.",
              """
              select 'public' from pg_namespace s, aclexplode(coalesce(s.nspacl, acldefault('n', s.nspowner))) a
              where s.nspname = 'public' and a.grantee = 0 and a.privilege_type = 'CREATE'
              """));

  private static final List<Rule> ROWS =
      List.of(
          new Rule(
              "rls-off",
              "Row-level security of the table is off: everybody sees all its rows.",
              "ALTER TABLE … ENABLE ROW LEVEL SECURITY.",
              "select t.relname::text from t where not t.relrowsecurity"),
          new Rule(
              "rls-not-forced",
              "Row-level security does not hold the table's owner.",
              "ALTER TABLE … FORCE ROW LEVEL SECURITY.",
              "select t.relname::text from t where not t.relforcerowsecurity"),
          new Rule(
              "tenant-column-missing",
              "The table has no column tenant_id of type text: nothing says whose a row is.",
              "Add tenant_id text not null default copyhold.tenant(), and put it into every key.",
              """
              select t.relname::text from t where not exists (select from pg_attribute a
                where a.attrelid = t.oid and a.attname = 'tenant_id' and not a.attisdropped
                  and a.atttypid = 'text'::regtype)
              """),
          new Rule(
              "tenant-column-nullable",
              "Column tenant_id may be null: such a row is nobody's.",
              "ALTER COLUMN tenant_id SET NOT NULL.",
              """
              select t.relname::text from t join pg_attribute a on a.attrelid = t.oid
              where a.attname = 'tenant_id' and not a.attisdropped and not a.attnotnull
              """),
          new Rule(
              "tenant-default-missing",
              "Column tenant_id does not take the session's tenant by itself.",
              "ALTER COLUMN tenant_id SET DEFAULT copyhold.tenant().",
              """
              select t.relname::text from t join pg_attribute a on a.attrelid = t.oid
              left join pg_attrdef d on d.adrelid = t.oid and d.adnum = a.attnum
              where a.attname = 'tenant_id' and not a.attisdropped
                and pg_get_expr(d.adbin, d.adrelid) is distinct from 'copyhold.tenant()'
              """),
          new Rule(
              "key-without-tenant",
              "The key holds over all tenants: one could learn another's values, or block them.",
              "Put tenant_id into the key.",
              """
              select t.relname || '.' || i.relname from t join pg_index x on x.indrelid = t.oid
              join pg_class i on i.oid = x.indexrelid
              where (x.indisunique or x.indisexclusion) and not exists (select from pg_attribute a
                where a.attrelid = t.oid and a.attname = 'tenant_id'
                  and a.attnum = any ((x.indkey::int2[])[0:x.indnkeyatts - 1]))
              """),
          new Rule(
              "foreign-key-without-tenant",
              "The foreign key can point at another tenant's row, or out of the pool.",
              "Reference tenant_id with tenant_id as well, within the pool.",
              """
              select t.relname || '.' || k.conname from t join pg_constraint k on k.conrelid = t.oid
              where k.contype = 'f' and (
                not exists (select from t o where o.oid = k.confrelid)
                or not exists (select from unnest(k.conkey, k.confkey) as pair (here, there)
                  join pg_attribute a on a.attrelid = k.conrelid and a.attnum = here
                  join pg_attribute b on b.attrelid = k.confrelid and b.attnum = there
                  where a.attname = 'tenant_id' and b.attname = 'tenant_id'))
              """),
          new Rule(
              "policy-missing",
              "The table lacks the policy that shows each tenant its own rows.",
              "Run the pool's migration again, or create policy copyhold_tenant as documented.",
              """
              select t.relname::text from t where not exists (select from pg_policy o
                where o.polrelid = t.oid and o.polname = 'copyhold_tenant')
              """),
          new Rule(
              "policy-changed",
              "A policy of Copyhold was changed.",
              "Drop it and run the pool's migration again.",
              """
              select t.relname || '.' || o.polname from t join pg_policy o on o.polrelid = t.oid, p
              where o.polname in ('copyhold_tenant', 'copyhold_migration') and not (
                o.polcmd = '*'
                and pg_get_expr(o.polqual, t.oid) = pg_get_expr(o.polwithcheck, t.oid)
                and case o.polname when 'copyhold_tenant'
                  then o.polroles = '{0}' and o.polpermissive
                    and pg_get_expr(o.polqual, t.oid) = '(tenant_id = ( SELECT copyhold.tenant() AS tenant))'
                  else o.polroles = array[to_regrole(quote_ident(p.owner))::oid]
                    and pg_get_expr(o.polqual, t.oid) = '( SELECT copyhold.migrating() AS migrating)' end)
              """),
          new Rule(
              "policy-bare-setting",
              "The policy trusts a setting or the current role, which any SQL can change.",
              "Trust copyhold.tenant() instead.",
              """
              select t.relname || '.' || o.polname from t join pg_policy o on o.polrelid = t.oid
              where (coalesce(pg_get_expr(o.polqual, t.oid), '') || coalesce(pg_get_expr(o.polwithcheck, t.oid), ''))
                ~* '\\m(current_setting|current_user|current_role|user)\\M'
              """),
          new Rule(
              "policy-permissive",
              "A further permissive policy shows more rows than the tenant's own.",
              "Make it restrictive, or drop it.",
              """
              select t.relname || '.' || o.polname from t join pg_policy o on o.polrelid = t.oid
              where o.polpermissive and o.polname not in ('copyhold_tenant', 'copyhold_migration')
              """),
          new Rule(
              "view-not-invoker",
              "The view reads with its owner's rights and shows all tenants' rows.",
              "ALTER VIEW … SET (security_invoker = true).",
              """
              select distinct s.nspname || '.' || v.relname from pg_class v join pg_namespace s on s.oid = v.relnamespace
              where v.relkind = 'v'
                and (v.relnamespace in (select oid from n) or exists (select from pg_rewrite w
                  join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid
                    and d.refclassid = 'pg_class'::regclass
                  where w.ev_class = v.oid and d.refobjid in (select oid from t)))
                and not coalesce(v.reloptions::text[], '{}') && array['security_invoker=true', 'security_invoker=on',
                  'security_invoker=1', 'security_invoker=yes']
              """),
          new Rule(
              "materialized-view",
              "A materialized view holds rows of all tenants and has no row-level security.",
              "Replace it by a table with tenant_id, or a security-invoker view.",
              """
              select distinct s.nspname || '.' || v.relname from pg_class v join pg_namespace s on s.oid = v.relnamespace
              where v.relkind = 'm'
                and (v.relnamespace in (select oid from n) or exists (select from pg_rewrite w
                  join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid
                    and d.refclassid = 'pg_class'::regclass
                  where w.ev_class = v.oid and d.refobjid in (select oid from t)))
              """),
          new Rule(
              "security-definer",
              "The function runs with its owner's rights, whoever calls it.",
              "Make it SECURITY INVOKER.",
              """
              select f.oid::regprocedure::text from pg_proc f, p
              where f.prosecdef and (f.pronamespace in (select oid from n)
                or f.proowner = to_regrole(quote_ident(p.owner))
                or f.oid in (select g.tgfoid from pg_trigger g where g.tgrelid in (select oid from t)
                  and not g.tgisinternal))
              """),
          new Rule(
              "rule-on-table",
              "A rewrite rule acts with the table owner's rights.",
              "Drop the rule; use a trigger.",
              """
              select t.relname || '.' || w.rulename from t join pg_rewrite w on w.ev_class = t.oid
              """),
          new Rule(
              "table-outside",
              "A table outside the pool inherits from one of its tables.",
              "Move it into the pool's schema.",
              """
              select o.oid::regclass::text from pg_inherits h join pg_class o on o.oid = h.inhrelid
              where h.inhparent in (select oid from t) and o.relnamespace not in (select oid from n)
              """));

  private static final List<Rule> POOL_RULES =
      Stream.of(ROLES, STRUCTURE, DATABASE, ROWS).flatMap(List::stream).toList();
  private static final List<Rule> OWN_RULES =
      Stream.of(ROLES, STRUCTURE, DATABASE).flatMap(List::stream).toList();
  private static final String POOL_SQL = join(SETUP, POOL_RULES);
  private static final String OWN_SQL = join(SETUP, OWN_RULES);

  /** What matters of tables that are not in a pool yet. */
  private static final String FOREIGN_SQL =
      join(
          """
          with p as materialized (select 'no such role'::text as owner),
          n as materialized (
            select oid, nspname from pg_namespace
            where nspname = ?::text or (?::text is null and nspname !~ '^pg_'
              and nspname not in ('information_schema', 'copyhold'))),
          o as materialized (select c.* from pg_class c, n where c.relnamespace = n.oid),
          t as materialized (select * from o where relkind in ('r', 'p'))
          """,
          POOL_RULES.stream()
              .filter(rule ->
                  Set.of(
                          "foreign-table",
                          "unlogged-table",
                          "tenant-column-missing",
                          "tenant-column-nullable",
                          "key-without-tenant",
                          "foreign-key-without-tenant",
                          "view-not-invoker",
                          "materialized-view",
                          "security-definer",
                          "rule-on-table",
                          "table-outside")
                      .contains(rule.code()))
              .toList());

  private static final Map<String, Rule> BY_CODE =
      POOL_RULES.stream().collect(Collectors.toMap(Rule::code, rule -> rule));

  private Preflight() {}

  /**
   * What is wrong with the home, each with the object's name; changes the transaction's search
   * path.
   */
  public static List<Problem> check(Connection c, Place place) throws SQLException {
    List<Problem> found = new ArrayList<>();
    String prepared = prepared(c, place.isolation() == Isolation.POOL);
    try (Statement s = c.createStatement()) {
      // every name is to be shown in full
      s.execute(
          "set local search_path = pg_catalog; set local plan_cache_mode = force_generic_plan");
      try (ResultSet r =
          s.executeQuery(
              "execute "
                  + prepared
                  + " ("
                  + Stream.of(place.schema(), place.owner(), place.app(), place.key())
                      .map(Identifiers::literal)
                      .collect(Collectors.joining(", "))
                  + ")")) {
        collect(r, place.key() + ": ", found);
      }
    }
    return found;
  }

  /**
   * The name of the query, prepared in this session: to plan it takes as long as to run it. By a
   * statement, because the driver forgets what it prepared when the search path changes.
   */
  private static String prepared(Connection c, boolean pool) throws SQLException {
    String name = pool ? "copyhold_preflight_pool" : "copyhold_preflight_own";
    boolean there;
    try (PreparedStatement s =
        c.prepareStatement("select from pg_catalog.pg_prepared_statements where name = ?")) {
      s.setString(1, name);
      try (ResultSet r = s.executeQuery()) {
        there = r.next();
      }
    }
    if (!there) {
      try (Statement s = c.createStatement()) {
        s.execute("set local search_path = pg_catalog");
        s.execute(
            "prepare " + name + " (text, text, text, text) as " + (pool ? POOL_SQL : OWN_SQL));
      }
    }
    return name;
  }

  /**
   * What would keep existing tables from moving into a pool.
   *
   * @param schema null for all schemas of the database
   */
  public static List<Problem> blocksPooling(Connection c, @Nullable String schema)
      throws SQLException {
    List<Problem> found = new ArrayList<>();
    try (PreparedStatement s = c.prepareStatement(FOREIGN_SQL)) {
      s.setString(1, schema);
      s.setString(2, schema);
      try (ResultSet r = s.executeQuery()) {
        collect(r, "", found);
      }
    }
    return found;
  }

  private static void collect(ResultSet r, String prefix, List<Problem> found) throws SQLException {
    while (r.next()) {
      Rule rule = BY_CODE.get(r.getString(1));
      if (rule == null) {
        throw new IllegalStateException("no rule " + r.getString(1));
      }
      found.add(
          Problem.conflict(rule.code(), rule.what()).at(prefix + r.getString(2)).todo(rule.todo()));
    }
  }

  private static String join(String setup, List<Rule> rules) {
    return rules.stream()
        .map(rule ->
            "select '" + rule.code() + "' as code, o from (" + rule.sql() + ") as broken (o)")
        .collect(Collectors.joining("\nunion all\n", setup, "\norder by 1, 2 limit 200"));
  }
}
