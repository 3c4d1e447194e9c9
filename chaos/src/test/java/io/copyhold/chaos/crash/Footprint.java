package io.copyhold.chaos.crash;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.runtime.postgres.Database;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Everything there is of one tenant, pool or store, in its entity and in the databases, in lines in
 * which its id is {@code ID}: equal for two that came to the same. Times, terms and attempts are
 * left out.
 */
final class Footprint {
  private static final String SERVER =
      """
      select 'role ' || r.rolname || ' login=' || rolcanlogin || ' super=' || rolsuper
        || ' createdb=' || rolcreatedb || ' bypass=' || rolbypassrls
        || ' ' || coalesce(shobj_description(r.oid, 'pg_authid'), '')
        from pg_roles r where r.rolname ~ ?
      union all
      select 'member ' || m.rolname || ' of ' || g.rolname || ' inherit=' || a.inherit_option
        || ' set=' || a.set_option || ' admin=' || a.admin_option
        from pg_auth_members a join pg_roles g on g.oid = a.roleid join pg_roles m on m.oid = a.member
        where g.rolname ~ ? or m.rolname ~ ?
      union all
      select 'database ' || datname || ' owner ' || pg_get_userbyid(datdba) || ' '
        || array_to_string(array(select unnest(datacl)::text order by 1), ' ')
        from pg_database where datname ~ ?
      """;

  private static final String SCHEMAS =
      """
      with n as (select * from pg_namespace where nspname = ? or nspname ~ ?)
      select 'schema ' || nspname || ' owner ' || pg_get_userbyid(nspowner) || ' '
        || array_to_string(array(select unnest(nspacl)::text order by 1), ' ') from n
      union all
      select 'relation ' || n.nspname || '.' || c.relname || ' ' || c.relkind::text || ' owner '
        || pg_get_userbyid(c.relowner) || ' rls=' || c.relrowsecurity || c.relforcerowsecurity || ' '
        || array_to_string(array(select unnest(c.relacl)::text order by 1), ' ')
        || coalesce(' valid=' || i.indisvalid, '')
        from n join pg_class c on c.relnamespace = n.oid
        left join pg_index i on i.indexrelid = c.oid
      union all
      select 'column ' || n.nspname || '.' || c.relname || '.' || a.attname || ' '
        || format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull
        || coalesce(' ' || pg_get_expr(d.adbin, d.adrelid), '')
        from n join pg_class c on c.relnamespace = n.oid and c.relkind in ('r', 'p')
        join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
      union all
      select 'constraint ' || n.nspname || '.' || k.conname || ' ' || pg_get_constraintdef(k.oid)
        from n join pg_constraint k on k.connamespace = n.oid
      union all
      select 'policy ' || schemaname || '.' || tablename || '.' || policyname || ' ' || cmd || ' '
        || coalesce(qual, '') || ' ' || coalesce(with_check, '')
        from pg_policies join n on n.nspname = schemaname
      union all
      select 'default ' || n.nspname || ' ' || defaclobjtype::text || ' '
        || array_to_string(array(select unnest(defaclacl)::text order by 1), ' ')
        from n join pg_default_acl d on d.defaclnamespace = n.oid
      """;

  private static final String BOOK =
      """
      select 'home ' || concat_ws(' ', home, isolation, database, schema, owner, app, state, adopted,
          changelog, version, position, epoch)
        from copyhold.home where home ~ ?
      union all
      select 'tenant ' || concat_ws(' ', role, home, tenant, epoch, suspended)
        from copyhold.member where home ~ ? or tenant ~ ?
      union all
      select 'ledger ' || concat_ws(' ', home, position, version, file, checksum, baseline)
        from copyhold.ledger where home ~ ?
      union all
      select 'intent ' || concat_ws(' ', home, position) from copyhold.intent where home ~ ?
      """;

  private Footprint() {}

  /**
   * @param path where the API shows the entity
   * @param operation its operation, {@code provision/1}
   */
  static List<String> of(Installed site, String path, String operation, String id)
      throws Exception {
    List<String> lines = new ArrayList<>();
    lines.add("state " + steady(site.rest().state(path)));
    String kind = path.substring("/v1/".length(), path.indexOf('/', 4));
    String owner = kind.substring(0, kind.length() - 1) + "/" + id;
    for (JsonNode event : site.rest().get(path + "/history?limit=1000").path("events")) {
      lines.add("event " + event.path("version").asText() + " " + event.path("name").asText());
    }
    JsonNode ended = site.rest().state("/v1/operations/" + owner + "/" + operation);
    lines.add("operation " + ended.path("kind").asText() + " " + outcome(ended));
    for (JsonNode step : ended.path("steps")) {
      lines.add("step " + step.path("name").asText() + " " + step.path("status").asText());
    }
    lines.addAll(databases(site, id));
    for (String secret :
        Installed.rows(
            site.control(),
            "select name from copyhold.secret where name ~ ? order by 1",
            word(id))) {
      lines.add("secret " + secret);
    }
    return lines.stream().map(line -> anonymous(line, id)).toList();
  }

  /** What the store's server knows of it. */
  static List<String> databases(Installed site, String id) throws SQLException {
    String it = word(id);
    Database maintenance = site.store("postgres");
    List<String> lines = new ArrayList<>(Installed.rows(maintenance, SERVER, it, it, it, it));
    for (String database :
        Installed.rows(
            maintenance,
            "select datname from pg_database where datname = 'copyhold_homes' or datname ~ ? order by 1",
            it)) {
      boolean own = !database.equals(Installed.SHARED);
      Database here = site.store(database);
      for (String line : Installed.rows(here, SCHEMAS, own ? "app" : "-", it)) {
        lines.add("in " + database + ": " + line);
      }
      if (!Installed.rows(here, "select 'there' where to_regclass('copyhold.home') is not null")
          .isEmpty()) {
        for (String line : Installed.rows(here, BOOK, it, it, it, it, it)) {
          lines.add("in " + database + ": " + line);
        }
      }
    }
    lines.sort(null);
    return lines;
  }

  private static String outcome(JsonNode operation) {
    JsonNode outcome = operation.path("outcome");
    return outcome.path("kind").asText() + " " + outcome.path("problem").path("code").asText();
  }

  /** As a word by itself, with hyphens or underscores. */
  private static String word(String id) {
    return id.replaceAll("[-_]", "[-_]") + "($|[^0-9a-z])";
  }

  private static JsonNode steady(JsonNode state) {
    JsonNode copy = state.deepCopy();
    drop(copy);
    return copy;
  }

  /** What is measured, counts tries or names one request is not the same twice. */
  private static void drop(JsonNode node) {
    if (node instanceof ObjectNode object) {
      object.remove(List.of("sizeBytes", "serverId", "expires", "since"));
      if (object.path("request").asText().startsWith("trace:")) {
        object.put("request", "trace");
      }
    }
    node.forEach(Footprint::drop);
  }

  private static String anonymous(String line, String id) {
    return Pattern.compile(id.replaceAll("[-_]", "[-_]")).matcher(line).replaceAll("ID");
  }
}
