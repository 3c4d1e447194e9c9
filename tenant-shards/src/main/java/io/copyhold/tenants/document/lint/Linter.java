package io.copyhold.tenants.document.lint;

import io.copyhold.tenants.document.Change;
import io.copyhold.tenants.document.Column;
import io.copyhold.tenants.document.Constraint;
import io.copyhold.tenants.document.Document;
import io.copyhold.tenants.document.IndexField;
import io.copyhold.tenants.document.Outcome;
import io.copyhold.tenants.document.Shape;
import io.copyhold.tenants.document.Table;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Holds documents and SQL scripts against the {@link Rule}s. */
public final class Linter {
  private static final String NO_TRANSACTION = "-- copyhold: no-transaction";

  private Linter() {}

  /**
   * A script of a changelog, with the shape it meets; {@link Shape#EMPTY} where that is not known.
   */
  public static List<Finding> script(String sql, Shape shape) {
    return SqlLint.lint(sql, shape, !sql.stripLeading().startsWith(NO_TRANSACTION));
  }

  /** A document with the shape it meets. An operation that is refused ends the look at shapes. */
  public static List<Finding> document(Document document, Shape shape) {
    List<Finding> findings = new ArrayList<>();
    Shape before = shape;
    for (int i = 0; i < document.operations().size(); i++) {
      Change change = document.operations().get(i);
      String place = "operation " + i + " (" + change.operation() + ")";
      Shape after = before.apply(change) instanceof Outcome.Fits fits ? fits.shape() : before;
      change(change, before, place, findings);
      before = after;
    }
    indexes(document, before, findings);
    return findings;
  }

  private static void change(Change change, Shape shape, String place, List<Finding> findings) {
    switch (change) {
      case Change.Sql sql -> {
        sql(sql.up(), shape, place + ": up: ", findings);
        sql(sql.down(), shape, place + ": down: ", findings);
        if (sql.pool() != null) {
          sql(sql.pool().up(), shape, place + ": pool/up: ", findings);
          sql(sql.pool().down(), shape, place + ": pool/down: ", findings);
        }
      }
      case Change.CreateTable table -> {
        table
            .columns()
            .forEach(c -> types(c.type(), table.name() + "." + c.name(), place, findings));
        table.columns().stream()
            .filter(Column::pk)
            .filter(c ->
                c.type().matches("(?i)(int|integer|int4|serial|serial4|smallint|int2|smallserial)"))
            .forEach(c ->
                findings.add(new Finding(Rule.KEY_NARROW, place, table.name() + "." + c.name())));
        boolean keyed =
            table.columns().stream().anyMatch(Column::pk)
                || table.constraints().stream()
                    .anyMatch(c -> c.type() == Constraint.Type.PRIMARY_KEY);
        if (!keyed) {
          findings.add(new Finding(Rule.TABLE_KEYLESS, place, table.name()));
        }
      }
      case Change.AddColumn add ->
          types(add.column().type(), add.table() + "." + add.column().name(), place, findings);
      case Change.AlterColumn alter when alter.type() != null ->
          types(alter.type(), alter.table() + "." + alter.column(), place, findings);
      case Change.CreateIndex index when !index.concurrently() ->
          findings.add(new Finding(Rule.INDEX_BLOCKING, place, index.name()));
      default -> {}
    }
  }

  private static void sql(@Nullable String sql, Shape shape, String place, List<Finding> findings) {
    if (sql != null) {
      SqlLint.lint(sql, shape, true).forEach(finding -> findings.add(finding.in(place)));
    }
  }

  private static void types(String type, String object, String place, List<Finding> findings) {
    TypeRules.of(type).forEach(rule -> findings.add(new Finding(rule, place, object)));
  }

  /** Indexes that are missing or too many once the whole document is applied. */
  private static void indexes(Document document, Shape shape, List<Finding> findings) {
    for (int i = 0; i < document.operations().size(); i++) {
      Change change = document.operations().get(i);
      String place = "operation " + i + " (" + change.operation() + ")";
      switch (change) {
        case Change.CreateIndex index -> redundant(index, shape, place, findings);
        case Change.CreateTable table ->
            shape
                .table(table.name())
                .ifPresent(
                    t -> t.constraints().forEach(r -> unindexed(t, r.name(), place, findings)));
        case Change.CreateConstraint added ->
            shape.table(added.table()).ifPresent(t -> unindexed(t, added.name(), place, findings));
        case Change.AlterColumn alter ->
            referring(alter.references(), alter.table(), shape, place, findings);
        case Change.AddColumn add ->
            referring(add.column().references(), add.table(), shape, place, findings);
        default -> {}
      }
    }
  }

  private static void referring(
      Column.@Nullable Reference reference,
      String table,
      Shape shape,
      String place,
      List<Finding> findings) {
    if (reference != null) {
      shape.table(table).ifPresent(t -> unindexed(t, reference.name(), place, findings));
    }
  }

  private static void redundant(
      Change.CreateIndex index, Shape shape, String place, List<Finding> findings) {
    List<String> columns = index.columns().stream().map(IndexField::column).toList();
    boolean plain =
        index.predicate() == null
            && !index.unique()
            && index.method() == IndexField.Method.BTREE
            && index.columns().stream().allMatch(f -> f.equals(IndexField.of(f.column())));
    boolean covered =
        shape
            .table(index.table())
            .map(table ->
                table.constraints().stream()
                        .map(Table.Rule::constraint)
                        .filter(c -> c.type().key())
                        .anyMatch(c -> begins(c.columns(), columns))
                    || table.indexes().stream()
                        .filter(other -> !other.name().equals(index.name()))
                        .filter(other -> other.predicate() == null)
                        .filter(other -> other.method() == IndexField.Method.BTREE)
                        .anyMatch(other -> begins(other.columnNames(), columns)))
            .orElse(false);
    if (plain && covered) {
      findings.add(new Finding(Rule.INDEX_REDUNDANT, place, index.table() + "." + index.name()));
    }
  }

  private static void unindexed(Table table, String name, String place, List<Finding> findings) {
    table
        .constraint(name)
        .map(Table.Rule::constraint)
        .filter(c -> c.type() == Constraint.Type.FOREIGN_KEY)
        .filter(c ->
            table.keys().stream().noneMatch(key -> leads(key, c.columns()))
                && table.indexes().stream()
                    .filter(i -> i.predicate() == null)
                    .noneMatch(i -> leads(i.columnNames(), c.columns())))
        .ifPresent(c ->
            findings.add(
                new Finding(Rule.FOREIGN_KEY_UNINDEXED, place, table.name() + "." + name)));
  }

  private static boolean begins(List<String> index, List<String> columns) {
    return index.size() >= columns.size() && index.subList(0, columns.size()).equals(columns);
  }

  /** Whether an index begins with these columns, in any order. */
  private static boolean leads(List<String> index, List<String> columns) {
    return index.size() >= columns.size() && columns.containsAll(index.subList(0, columns.size()));
  }
}
