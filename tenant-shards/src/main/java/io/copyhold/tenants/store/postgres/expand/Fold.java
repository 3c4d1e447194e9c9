package io.copyhold.tenants.store.postgres.expand;

import static io.copyhold.runtime.postgres.Identifiers.quote;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.tenants.document.Change;
import io.copyhold.tenants.document.Constraint;
import io.copyhold.tenants.document.Document;
import io.copyhold.tenants.document.Outcome;
import io.copyhold.tenants.document.Shape;
import io.copyhold.tenants.document.Table;
import io.copyhold.tenants.isolation.Place;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Follows a document's operations from the version before to its own: where each table and column
 * of the new version is, and which columns follow which. A column whose values or rules differ
 * between the versions gets a second column in the same table; one that is only called otherwise
 * does not.
 */
final class Fold {
  private final int number;
  private final Map<String, String> tables = new TreeMap<>();
  private final Map<String, Map<String, String>> columns = new TreeMap<>();
  private final List<Sync> syncs = new ArrayList<>();
  private final Map<String, String> markers = new TreeMap<>();
  private final Set<String> used = new HashSet<>();
  private final Set<String> made = new HashSet<>();
  private Shape shape;

  private Fold(int number, Layout from) {
    this.number = number;
    this.shape = from.shape();
    from.places()
        .forEach((name, place) -> {
          tables.put(name, place.table());
          columns.put(name, new LinkedHashMap<>(place.columns()));
        });
  }

  /**
   * @param number of the change in its home
   */
  static Link of(int number, Layout from, Document document) {
    Fold fold = new Fold(number, from);
    for (Change change : document.operations()) {
      Shape next =
          switch (fold.shape.apply(change)) {
            case Outcome.Fits fits -> fits.shape();
            case Outcome.Refused refused ->
                throw new ProblemException(refused.refusals().getFirst().problem());
          };
      fold.follow(change, next);
      fold.shape = next;
    }
    Map<String, Layout.Place> places = new TreeMap<>();
    fold.tables.forEach(
        (name, table) -> places.put(name, new Layout.Place(table, fold.ordered(name))));
    Layout to = new Layout(document.version(), fold.shape, places);
    return new Link(number, document, from, to, List.copyOf(fold.syncs), Map.copyOf(fold.markers));
  }

  private Map<String, String> ordered(String table) {
    Map<String, String> all = new LinkedHashMap<>();
    Map<String, String> known = columnsOf(table);
    for (String name : shape.table(table).orElseThrow().columnNames()) {
      String column = known.get(name);
      if (column == null) {
        throw new IllegalStateException("no place for " + table + '.' + name);
      }
      all.put(name, column);
    }
    return all;
  }

  private Map<String, String> columnsOf(String table) {
    Map<String, String> found = columns.get(table);
    if (found == null) {
      throw new IllegalStateException("no table " + table);
    }
    return found;
  }

  private String tableOf(String table) {
    String found = tables.get(table);
    if (found == null) {
      throw new IllegalStateException("no table " + table);
    }
    return found;
  }

  private void follow(Change change, Shape next) {
    switch (change) {
      case Change.CreateTable create -> created(create.name(), next);
      case Change.DropTable(var name) -> {
        tables.remove(name);
        columns.remove(name);
      }
      case Change.RenameTable(var old, var to) -> {
        tables.put(to, tableOf(old));
        columns.put(to, columnsOf(old));
        tables.remove(old);
        columns.remove(old);
      }
      case Change.AddColumn(var table, var column, var up) ->
          added(table, next.column(table, column.name()).orElseThrow(), up);
      case Change.DropColumn(var table, var column, var down) -> dropped(table, column, down);
      case Change.RenameColumn(var table, var old, var to) -> renamed(table, old, to);
      case Change.AlterColumn alter -> altered(alter, next);
      case Change.CreateConstraint create ->
          constrained(create.table(), create.up(), create.down(), next);
      case Change.DropConstraint drop -> {
        Set<String> over =
            new TreeSet<>(
                shape
                    .table(drop.table())
                    .flatMap(t -> t.constraint(drop.name()))
                    .map(r -> r.constraint().columns())
                    .orElse(List.of()));
        if (over.size() == 1 && drop.down() != null) {
          String column = over.iterator().next();
          doubled(drop.table(), column, column, drop.up(), drop.down(), next);
        }
      }
      case Change.DropMulticolumnConstraint drop ->
          constrained(drop.table(), drop.up(), drop.down(), next);
      case Change.CreateIndex _,
          Change.DropIndex _,
          Change.RenameConstraint _,
          Change.SetReplicaIdentity _,
          Change.Sql _,
          Change.Update _ -> {
        // the same columns in the same places
      }
      case Change.MoveColumn move -> throw unsupported(move, move.table());
      case Change.ExtractTable extract -> throw unsupported(extract, extract.table());
    }
  }

  private static ProblemException unsupported(Change change, String where) {
    return new ProblemException(
        Problem.invalid(
                "operation-not-offered",
                "A home cannot show both versions of " + change.operation() + " yet.")
            .at(where)
            .todo("Add the new columns, copy them with an update, and drop the old ones later."));
  }

  /** Their indexes cannot be built beside the writes. */
  private static void requireNoExclusion(Shape shape, String table) {
    shape
        .table(table)
        .flatMap(it ->
            it.constraints().stream()
                .filter(rule -> rule.constraint().type() == Constraint.Type.EXCLUDE)
                .findFirst())
        .ifPresent(rule -> {
          throw new ProblemException(
              Problem.invalid(
                      "operation-not-offered",
                      "An exclusion constraint is not made for two versions at once.")
                  .at(table + ", " + rule.name())
                  .todo("Make the table without it, or leave the column's values as they are."));
        });
  }

  private void created(String name, Shape next) {
    requireNoExclusion(next, name);
    String base = unused(Made.named(number, name));
    made.add(base);
    tables.put(name, base);
    Map<String, String> made = new LinkedHashMap<>();
    next.table(name).orElseThrow().columnNames().forEach(c -> made.put(c, c));
    columns.put(name, made);
  }

  private void added(String table, Table.Field field, @Nullable String up) {
    if (!made.contains(tableOf(table)) && (field.identity() != null || field.generated() != null)) {
      throw new ProblemException(
          Problem.invalid(
                  "operation-not-offered",
                  "The column would be computed for all rows under a lock that stops clients.")
              .at(table + '.' + field.name())
              .todo("Add it as a plain column with up, or with a default of its own."));
    }
    String place = unused(Made.named(number, field.name()));
    String expression = up != null ? up : volatileDefault(field);
    if (expression != null) {
      sync(table, true, place, field.type(), expression, columnsOf(table));
    }
    columnsOf(table).put(field.name(), place);
  }

  /** A default that could differ from row to row must be computed for each row that is there. */
  private static @Nullable String volatileDefault(Table.Field field) {
    String value = field.defaultValue();
    return value == null || constant(value) ? null : value;
  }

  /** A literal, perhaps cast: the server adds such a column without touching a row. */
  static boolean constant(String expression) {
    return expression
        .strip()
        .matches(
            "(?is)(-?[0-9.]+|'([^']|'')*'|true|false|null|current_date|current_timestamp|now\\(\\))"
                + "(\\s*::\\s*[a-z_ ]+(\\([0-9, ]+\\))?(\\[\\])?)?");
  }

  private void dropped(String table, String column, @Nullable String down) {
    String place = columnsOf(table).remove(column);
    if (down != null && place != null) {
      sync(
          table,
          false,
          place,
          shape.column(table, column).orElseThrow().type(),
          down,
          columnsOf(table));
    }
  }

  private void renamed(String table, String old, String to) {
    Map<String, String> renamed = new LinkedHashMap<>();
    columnsOf(table).forEach((name, place) -> renamed.put(name.equals(old) ? to : name, place));
    columns.put(table, renamed);
  }

  private void altered(Change.AlterColumn alter, Shape next) {
    String table = alter.table();
    String to = alter.name() == null ? alter.column() : alter.name();
    if (alter.type() != null || alter.up() != null || alter.down() != null) {
      doubled(table, alter.column(), to, alter.up(), alter.down(), next);
    } else if (!to.equals(alter.column())) {
      renamed(table, alter.column(), to);
    }
  }

  private void constrained(
      String table, Map<String, String> up, Map<String, String> down, Shape next) {
    Set<String> both = new TreeSet<>(up.keySet());
    both.addAll(down.keySet());
    for (String column : both) {
      doubled(table, column, column, up.get(column), down.get(column), next);
    }
  }

  /** A second column: each follows the other, by the expression or as it is. */
  private void doubled(
      String table,
      String column,
      String to,
      @Nullable String up,
      @Nullable String down,
      Shape next) {
    Table.Field field = shape.column(table, column).orElseThrow();
    if (field.identity() != null || field.generated() != null) {
      throw new ProblemException(
          Problem.invalid(
                  "operation-not-offered",
                  "A column whose values the database makes cannot have two forms at once yet.")
              .at(table + '.' + column)
              .todo("Drop the identity first and give the column a default of its own."));
    }
    String oldType = field.type();
    String newType = next.column(table, to).orElseThrow().type();
    Map<String, String> before = new LinkedHashMap<>(columnsOf(table));
    String old = before.get(column);
    if (old == null) {
      throw new IllegalStateException("no column " + column + " in " + table);
    }
    String place = unused(Made.named(number, to));
    sync(table, true, place, newType, up == null ? quote(column) : up, before);
    renamed(table, column, to);
    columnsOf(table).put(to, place);
    Map<String, String> after = new LinkedHashMap<>(columnsOf(table));
    after.putIfAbsent(column, place); // "down" may say the column by its old name
    sync(table, false, old, oldType, down == null ? quote(to) : down, after);
  }

  private void sync(
      String table,
      boolean up,
      String target,
      String type,
      String expression,
      Map<String, String> known) {
    Fragment fragment = new Fragment(expression);
    if (!fragment.single()) {
      throw new ProblemException(
          Problem.invalid("expression-broken", "This is not one SQL expression: " + expression)
              .at(table)
              .todo("Match parentheses and quotes; no semicolon, and no comment at the end."));
    }
    Map<String, String> sources = new TreeMap<>();
    Set<String> mentioned = fragment.mentioned(known.keySet());
    known.forEach((name, column) -> {
      if (mentioned.contains(name)) {
        sources.put(name, column);
      }
    });
    String base = tableOf(table);
    syncs.add(new Sync(base, up, table, sources, target, type, expression));
    if (up && !made.contains(base)) {
      markers.put(base, Made.marker(number));
    }
  }

  private String unused(String name) {
    String free = name;
    for (int n = 2; !used.add(free); n++) {
      free = Place.fit(name + '_' + n);
    }
    return free;
  }
}
