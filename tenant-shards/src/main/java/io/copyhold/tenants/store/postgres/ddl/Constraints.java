package io.copyhold.tenants.store.postgres.ddl;

import static io.copyhold.runtime.postgres.Identifiers.quote;

import io.copyhold.tenants.isolation.Place;
import io.copyhold.tenants.store.postgres.ddl.DdlStatement.Weight;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Constraints in steps that never hold a strong lock while the table is read: first for new rows
 * alone, then the old ones are checked in a transaction of its own, which lets everybody through.
 * Expressions are trusted text with quoted names.
 */
public final class Constraints {
  private Constraints() {}

  /** For rows written from now on. */
  public static DdlStatement addCheck(TableName table, String name, String expression) {
    return DdlStatement.quick(
        alter(table) + "add constraint " + quote(name) + " check (" + expression + ") not valid",
        table,
        LockLevel.ACCESS_EXCLUSIVE,
        Fact.constraint(table, name));
  }

  public static DdlStatement validateCheck(TableName table, String name, String expression) {
    return validate(table, name, new Violations(table, "not (" + expression + ")"));
  }

  /** A check, added and validated. */
  public static List<Change> check(TableName table, String name, String expression) {
    return List.of(addCheck(table, name, expression), validateCheck(table, name, expression));
  }

  /**
   * NOT NULL by way of a validated check, which spares the strong lock the reading; the check goes
   * afterwards.
   */
  public static List<Change> notNull(TableName table, String column) {
    String check = Place.fit(table.name() + '_' + column + "_copyhold_not_null");
    String holds = quote(column) + " is not null";
    Fact set = Fact.notNull(table, column);
    return List.of(
        unless(set, addCheck(table, check, holds)),
        unless(set, validateCheck(table, check, holds)),
        DdlStatement.quick(
            alter(table) + "alter column " + quote(column) + " set not null",
            table,
            LockLevel.ACCESS_EXCLUSIVE,
            set),
        drop(table, check));
  }

  /** Once the column is set, its check is not wanted any more: a rerun must not add it again. */
  private static DdlStatement unless(Fact set, DdlStatement step) {
    Fact shown = step.afterwards().getFirst();
    List<String> values = new ArrayList<>(shown.values());
    values.addAll(set.values());
    return new DdlStatement(
        step.sql(),
        step.locks(),
        step.weight(),
        List.of(
            new Fact(
                shown.says() + ", or " + set.says(),
                "select where exists (" + shown.query() + ") or exists (" + set.query() + ")",
                values)),
        step.violations());
  }

  public static DdlStatement drop(TableName table, String name) {
    return DdlStatement.quick(
        alter(table) + "drop constraint if exists " + quote(name),
        table,
        LockLevel.ACCESS_EXCLUSIVE,
        Fact.noConstraint(table, name));
  }

  /** A unique constraint by way of an index built beside the writes; both have that name. */
  public static List<Change> unique(TableName table, String name, List<String> columns) {
    return List.of(
        IndexBuild.on(table, name, true, columns),
        DdlStatement.quick(
            alter(table) + "add constraint " + quote(name) + " unique using index " + quote(name),
            table,
            LockLevel.ACCESS_EXCLUSIVE,
            Fact.constraint(table, name)));
  }

  /** A primary key likewise; its columns become not null before. */
  public static List<Change> primaryKey(TableName table, String name, List<String> columns) {
    List<Change> steps = new ArrayList<>();
    columns.forEach(column -> steps.addAll(notNull(table, column)));
    steps.add(IndexBuild.on(table, name, true, columns));
    steps.add(
        DdlStatement.quick(
            alter(table)
                + "add constraint "
                + quote(name)
                + " primary key using index "
                + quote(name),
            table,
            LockLevel.ACCESS_EXCLUSIVE,
            Fact.constraint(table, name),
            Fact.primaryKey(table)));
    return List.copyOf(steps);
  }

  /**
   * A foreign key. Adding it stops the writers of both tables for an instant, since PostgreSQL
   * gives both a trigger.
   *
   * @param actions such as {@code on delete cascade}; trusted text, may be empty
   */
  public static List<Change> foreignKey(
      TableName table,
      String name,
      List<String> columns,
      TableName to,
      List<String> keys,
      String actions) {
    return List.of(
        new DdlStatement(
            alter(table)
                + "add constraint "
                + quote(name)
                + " foreign key ("
                + list(columns, "")
                + ") references "
                + to.sql()
                + " ("
                + list(keys, "")
                + ") "
                + actions
                + " not valid",
            List.of(
                new Locked(table, LockLevel.SHARE_ROW_EXCLUSIVE),
                new Locked(to, LockLevel.SHARE_ROW_EXCLUSIVE)),
            Weight.CATALOG,
            List.of(Fact.constraint(table, name)),
            null),
        new DdlStatement(
            alter(table) + "validate constraint " + quote(name),
            List.of(
                new Locked(table, LockLevel.SHARE_UPDATE_EXCLUSIVE),
                new Locked(to, LockLevel.ROW_SHARE)),
            Weight.SCAN,
            List.of(Fact.validated(table, name)),
            new Violations(table, orphans(columns, to, keys))));
  }

  private static String orphans(List<String> columns, TableName to, List<String> keys) {
    return columns.stream()
            .map(c -> "t." + quote(c) + " is not null")
            .collect(Collectors.joining(" and "))
        + " and not exists (select from "
        + to.sql()
        + " o where ("
        + list(keys, "o.")
        + ") = ("
        + list(columns, "t.")
        + "))";
  }

  private static DdlStatement validate(
      TableName table, String name, @Nullable Violations violations) {
    return DdlStatement.scan(
        alter(table) + "validate constraint " + quote(name),
        table,
        LockLevel.SHARE_UPDATE_EXCLUSIVE,
        violations,
        Fact.validated(table, name));
  }

  private static String alter(TableName table) {
    return "alter table " + table.sql() + ' ';
  }

  private static String list(List<String> columns, String prefix) {
    return columns.stream().map(c -> prefix + quote(c)).collect(Collectors.joining(", "));
  }
}
