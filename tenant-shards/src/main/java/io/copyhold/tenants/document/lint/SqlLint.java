package io.copyhold.tenants.document.lint;

import io.copyhold.tenants.document.Constraint;
import io.copyhold.tenants.document.Shape;
import io.copyhold.tenants.document.Table;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Holds SQL against the rules. It knows the words of statements, not their meaning: what a function
 * or a DO block does inside is not seen.
 */
final class SqlLint {
  private static final String NAME = "((?:[^ (),]+ \\. )?[^ (),.]+)";
  private static final Pattern ALTER_TABLE =
      Pattern.compile("ALTER TABLE (?:IF EXISTS )?(?:ONLY )?" + NAME + "(?: \\*)? (.*)");
  private static final Pattern CREATE_TABLE =
      Pattern.compile(
          "CREATE (?:GLOBAL |LOCAL )?(UNLOGGED |TEMP |TEMPORARY )?TABLE (?:IF NOT EXISTS )?"
              + NAME
              + " (.*)");
  private static final Pattern ON_TABLE =
      Pattern.compile(
          "(?:CREATE (?:UNIQUE )?INDEX .*? ON (?:ONLY )?|CREATE .*?TRIGGER .*? ON |LOCK (?:TABLE )?(?:ONLY )?"
              + "|TRUNCATE (?:TABLE )?(?:ONLY )?|UPDATE (?:ONLY )?|DELETE FROM (?:ONLY )?|DROP TABLE (?:IF EXISTS )?)"
              + NAME
              + "(?: .*)?");
  private static final String VOLATILE =
      "(?:GEN_RANDOM_UUID|UUID_GENERATE_V[0-9A-Z]+|UUIDV[47]|RANDOM|CLOCK_TIMESTAMP|TIMEOFDAY|NEXTVAL|TXID_CURRENT)";

  /** Statements by their words; several may apply. */
  private static final Map<Pattern, Rule> STATEMENTS = new LinkedHashMap<>();

  /** Actions of ALTER TABLE by their words; several may apply. */
  private static final Map<Pattern, Rule> ACTIONS = new LinkedHashMap<>();

  static {
    on("CREATE (UNIQUE )?INDEX (?!CONCURRENTLY ).*", Rule.INDEX_BLOCKING);
    on("CREATE (UNIQUE )?INDEX CONCURRENTLY IF NOT EXISTS .*", Rule.INDEX_IF_NOT_EXISTS);
    on("DROP INDEX (?!CONCURRENTLY ).*", Rule.INDEX_DROP_BLOCKING);
    on("REINDEX (?!.*CONCURRENTLY).*", Rule.REINDEX_BLOCKING);
    on("DROP TABLE .*", Rule.TABLE_DROP);
    on("ALTER SCHEMA .* RENAME TO .*", Rule.SCHEMA_RENAME);
    on("DROP SCHEMA .*", Rule.SCHEMA_DROP);
    on("DROP DATABASE .*", Rule.DATABASE_DROP);
    on("ALTER (TYPE|DOMAIN) .* RENAME TO .*", Rule.TYPE_RENAME);
    on("ALTER TYPE .* RENAME VALUE .*", Rule.ENUM_RENAME_VALUE);
    on("ALTER DOMAIN .* ADD (?!.*NOT VALID).*", Rule.DOMAIN_CONSTRAINT);
    on("CLUSTER( .*)?", Rule.CLUSTERED);
    on("VACUUM (FULL|\\( .*FULL).*", Rule.VACUUM_FULL);
    on("ALTER (INDEX|MATERIALIZED VIEW|DATABASE) .* SET TABLESPACE .*", Rule.STORAGE_MOVE);
    on("REFRESH MATERIALIZED VIEW (?!CONCURRENTLY ).*", Rule.MATERIALIZED_VIEW_REFRESH);
    on("CREATE (OR REPLACE )?(CONSTRAINT )?TRIGGER .*", Rule.TRIGGER_CREATE);
    on("LOCK .*", Rule.TABLE_LOCK);
    on("TRUNCATE .*", Rule.TRUNCATES);
    on("UPDATE (?!.* WHERE ).* SET .*", Rule.UPDATE_ALL);
    on("DELETE FROM (?!.* WHERE ).*", Rule.DELETE_ALL);
    on("(DROP|TRUNCATE) .* CASCADE", Rule.DROP_CASCADE);
    on(
        "(BEGIN|COMMIT|ROLLBACK|START TRANSACTION|SAVEPOINT|END|ABORT|PREPARE TRANSACTION)( .*)?",
        Rule.TRANSACTION_CONTROL);
    on(
        "SET (?!LOCAL |CONSTRAINTS |TRANSACTION )(SESSION )?(ROLE|AUTHORIZATION|SEARCH_PATH)( .*)?",
        Rule.SESSION_SETTING);
    on(
        "RESET (ALL|ROLE|SEARCH_PATH).*|DISCARD ALL|SET SESSION AUTHORIZATION .*",
        Rule.SESSION_SETTING);
    on("SET (LOCAL |SESSION )?ROW_SECURITY .*", Rule.ROW_SECURITY_OFF);
    on("CREATE POLICY (?!.* AS RESTRICTIVE).*|ALTER POLICY .*|DROP POLICY .*", Rule.POLICY_CHANGE);
    on(
        "CREATE .*(FUNCTION|PROCEDURE) (?!.* SET SEARCH_PATH).* SECURITY DEFINER.*",
        Rule.SECURITY_DEFINER);
    on("CREATE (OR REPLACE )?(RECURSIVE )?VIEW (?!.*SECURITY_INVOKER).*", Rule.VIEW_INVOKER);
    on("CREATE MATERIALIZED VIEW .*", Rule.MATERIALIZED_VIEW);
    on("(GRANT|ALTER DEFAULT PRIVILEGES) .* TO (GROUP )?PUBLIC.*", Rule.GRANT_PUBLIC);
    on("ALTER .* OWNER TO .*|REASSIGN OWNED .*", Rule.OWNER_CHANGE);
    on("CREATE (GLOBAL |LOCAL )?UNLOGGED .*", Rule.TABLE_UNLOGGED);
    on(
        "CREATE TABLE [^(]* AS (SELECT|WITH|TABLE|VALUES|\\().*|SELECT .* INTO (?!STRICT )[^ ]+ FROM .*",
        Rule.TABLE_AS);
    on(".*\\b(LO_CREAT|LO_CREATE|LO_IMPORT|LO_FROM_BYTEA) \\(.*", Rule.LARGE_OBJECT);

    action(
        "ADD (COLUMN )?(?!CONSTRAINT ).* DEFAULT .*\\b" + VOLATILE + " \\(.*",
        Rule.COLUMN_VOLATILE_DEFAULT);
    action(
        "ADD (COLUMN )?(IF NOT EXISTS )?[^ ]+ (SMALL|BIG)?SERIAL[248]?\\b.*", Rule.COLUMN_SERIAL);
    action("ADD (COLUMN )?.* GENERATED .* AS IDENTITY.*", Rule.COLUMN_SERIAL);
    action("ADD (COLUMN )?.* GENERATED ALWAYS AS \\(.*\\) STORED.*", Rule.COLUMN_STORED);
    action(
        column("(?!.* DEFAULT )(?!.* GENERATED )(?!.*SERIAL).* NOT NULL.*"), Rule.COLUMN_NOT_NULL);
    action(column(".* (UNIQUE|PRIMARY KEY)\\b.*"), Rule.COLUMN_INLINE_KEY);
    action(column(".* REFERENCES .*"), Rule.COLUMN_INLINE_REFERENCE);
    action("ALTER (COLUMN )?[^ ]+ (SET DATA )?TYPE .*", Rule.COLUMN_TYPE);
    action("ALTER (COLUMN )?[^ ]+ SET NOT NULL", Rule.COLUMN_SET_NOT_NULL);
    action("DROP (COLUMN )?(?!CONSTRAINT )(IF EXISTS )?[^ ]+.*", Rule.COLUMN_DROP);
    action("RENAME (COLUMN )?(?!CONSTRAINT |TO )[^ ]+ TO .*", Rule.COLUMN_RENAME);
    action("RENAME TO .*", Rule.TABLE_RENAME);
    action("SET SCHEMA .*", Rule.TABLE_RENAME);
    action("ADD (CONSTRAINT [^ ]+ )?CHECK (?!.*NOT VALID).*", Rule.CONSTRAINT_CHECK);
    action("ADD (CONSTRAINT [^ ]+ )?FOREIGN KEY (?!.*NOT VALID).*", Rule.CONSTRAINT_FOREIGN_KEY);
    action("ADD (CONSTRAINT [^ ]+ )?UNIQUE (?!USING INDEX).*", Rule.CONSTRAINT_UNIQUE);
    action("ADD (CONSTRAINT [^ ]+ )?PRIMARY KEY (?!USING INDEX).*", Rule.CONSTRAINT_PRIMARY_KEY);
    action("ADD (CONSTRAINT [^ ]+ )?EXCLUDE .*", Rule.CONSTRAINT_EXCLUDE);
    action(column(".* CHECK \\(.*"), Rule.CONSTRAINT_CHECK);
    action("ADD (CONSTRAINT [^ ]+ )?NOT NULL (?!.*NOT VALID).*", Rule.COLUMN_SET_NOT_NULL);
    action("DROP CONSTRAINT .*", Rule.CONSTRAINT_DROP);
    action("ATTACH PARTITION .*", Rule.PARTITION_ATTACH);
    action("DETACH PARTITION (?!.*CONCURRENTLY).*", Rule.PARTITION_DETACH);
    action("SET (LOGGED|UNLOGGED|ACCESS METHOD .*|WITH OIDS)", Rule.PERSISTENCE);
    action("SET UNLOGGED", Rule.TABLE_UNLOGGED);
    action("SET TABLESPACE .*", Rule.STORAGE_MOVE);
    action("(DISABLE|ENABLE REPLICA) (TRIGGER|RULE) .*", Rule.TRIGGER_DISABLE);
    action("(DISABLE|NO FORCE) ROW LEVEL SECURITY", Rule.ROW_SECURITY_OFF);
  }

  private SqlLint() {}

  private static String column(String rest) {
    return "ADD (COLUMN )?(?!CONSTRAINT |CHECK |FOREIGN KEY |UNIQUE |PRIMARY KEY |EXCLUDE |NOT NULL )"
        + rest;
  }

  private static void on(String words, Rule rule) {
    STATEMENTS.put(Pattern.compile(words), rule);
  }

  private static void action(String words, Rule rule) {
    ACTIONS.put(Pattern.compile(words), rule);
  }

  static List<Finding> lint(String script, Shape shape, boolean transaction) {
    List<Finding> findings = new ArrayList<>();
    List<Statement> statements = Statement.of(script);
    Set<String> made = new HashSet<>();
    Set<String> locked = new TreeSet<>();
    Set<String> added = new HashSet<>();
    for (int i = 0; i < statements.size(); i++) {
      Statement statement = statements.get(i);
      String where = "statement " + (i + 1);
      Optional<String> table = table(statement.text());
      boolean own = table.map(name -> made.contains(name)).orElse(false);
      Set<Rule> rules = new java.util.LinkedHashSet<>();
      STATEMENTS.forEach((words, rule) -> {
        if (words.matcher(statement.text()).matches()) {
          rules.add(rule);
        }
      });
      alter(statement, shape, added, rules);
      create(statement, made, rules);
      if (transaction
          && statement
              .text()
              .matches(
                  "(CREATE (UNIQUE )?INDEX|DROP INDEX|REINDEX .*|REFRESH .*|ALTER TABLE .* DETACH .*) CONCURRENTLY.*")
          && !statement.text().startsWith("REFRESH")) {
        rules.add(Rule.INDEX_IN_TRANSACTION);
      }
      if (statement.text().matches("ALTER TYPE .* ADD VALUE .*") && statements.size() > 1) {
        rules.add(Rule.ENUM_VALUE_IN_TRANSACTION);
      }
      if (statement.names().stream()
          .anyMatch(n -> n.getBytes(StandardCharsets.UTF_8).length > 63)) {
        rules.add(Rule.NAME_LONG);
      }
      if (own) {
        rules.removeIf(rule -> rule.harm() == Rule.Harm.STALLS || rule == Rule.COLUMN_NOT_NULL);
      }
      if (transaction
          && !own
          && table.isPresent()
          && rules.stream().anyMatch(rule -> rule.lock().compareTo(Lock.SHARE) >= 0)
          && locked.add(table.get())
          && locked.size() == 2) {
        rules.add(Rule.TABLES_LOCKED_TOGETHER);
      }
      rules.forEach(rule -> findings.add(new Finding(rule, where, statement.source())));
    }
    return findings;
  }

  private static Optional<String> table(String text) {
    for (Pattern pattern : List.of(ALTER_TABLE, ON_TABLE)) {
      Matcher matcher = pattern.matcher(text);
      if (matcher.matches()) {
        return Optional.of(Statement.folded(matcher.group(1)));
      }
    }
    return Optional.empty();
  }

  private static void alter(Statement statement, Shape shape, Set<String> added, Set<Rule> rules) {
    Matcher matcher = ALTER_TABLE.matcher(statement.text());
    if (!matcher.matches()) {
      return;
    }
    Optional<Table> table = shape.table(Statement.folded(matcher.group(1)));
    for (String action : Statement.pieces(matcher.group(2))) {
      ACTIONS.forEach((words, rule) -> {
        if (words.matcher(action).matches() && !harmless(rule, action, table)) {
          rules.add(rule);
        }
      });
      types(action.replaceFirst("^ADD (COLUMN )?", ""), action.startsWith("ADD"), rules);
      String[] words = action.split(" ", -1);
      if (action.startsWith("ADD CONSTRAINT ") && action.contains(" NOT VALID")) {
        added.add(words[2]);
      } else if (action.startsWith("VALIDATE CONSTRAINT ") && added.contains(words[2])) {
        rules.add(Rule.CONSTRAINT_VALIDATED_TOGETHER);
      }
    }
  }

  /** What the catalog knows better: a column that is NOT NULL already, a type that only widens. */
  private static boolean harmless(Rule rule, String action, Optional<Table> table) {
    Matcher matcher =
        Pattern.compile("ALTER (?:COLUMN )?([^ ]+) (?:SET NOT NULL|(?:SET DATA )?TYPE (.*))")
            .matcher(action);
    if (table.isEmpty() || !matcher.matches()) {
      return false;
    }
    Optional<Table.Field> field = table.get().column(Statement.folded(matcher.group(1)));
    return switch (rule) {
      case COLUMN_SET_NOT_NULL ->
          field.isPresent() && (!field.get().nullable() || checked(table.get(), field.get()));
      case COLUMN_TYPE ->
          field.isPresent()
              && !field
                  .get()
                  .rewrites(matcher.group(2).replaceAll(" ([(),])", "$1").replace("( ", "("));
      default -> false;
    };
  }

  private static boolean checked(Table table, Table.Field field) {
    return table.constraints().stream()
        .filter(Table.Rule::validated)
        .map(Table.Rule::constraint)
        .filter(constraint -> constraint.type() == Constraint.Type.CHECK)
        .anyMatch(constraint ->
            constraint.check() != null
                && constraint
                    .check()
                    .replaceAll("[()\"]", "")
                    .strip()
                    .equalsIgnoreCase(field.name() + " IS NOT NULL"));
  }

  private static void create(Statement statement, Set<String> made, Set<Rule> rules) {
    Matcher matcher = CREATE_TABLE.matcher(statement.text());
    if (!matcher.matches()) {
      return;
    }
    made.add(Statement.folded(matcher.group(2)));
    String rest = matcher.group(3);
    int open = rest.indexOf('(');
    int close = rest.lastIndexOf(')');
    boolean temporary = matcher.group(1) != null && matcher.group(1).startsWith("TEMP");
    if (open != 0 || close < 0 || temporary) {
      return;
    }
    String body = rest.substring(open + 1, close).strip();
    if (!body.contains("PRIMARY KEY") && !body.contains("LIKE ")) {
      rules.add(Rule.TABLE_KEYLESS);
    }
    Statement.pieces(body).forEach(piece -> types(piece, true, rules));
  }

  private static void types(String definition, boolean column, Set<Rule> rules) {
    if (!column
        || definition.matches(
            "(CONSTRAINT|CHECK|FOREIGN KEY|UNIQUE|PRIMARY KEY|EXCLUDE|LIKE) .*")) {
      return;
    }
    String type = definition.replaceFirst("^(IF NOT EXISTS )?[^ ]+ ?", "");
    rules.addAll(TypeRules.of(type));
    if (type.matches(
        "(INT|INTEGER|INT4|SERIAL|SERIAL4|SMALLINT|SMALLSERIAL|INT2)\\b.*PRIMARY KEY.*")) {
      rules.add(Rule.KEY_NARROW);
    }
  }
}
