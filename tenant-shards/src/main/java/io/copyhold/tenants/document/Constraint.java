package io.copyhold.tenants.document;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A constraint of a table.
 *
 * @param columns in order; may be empty for a check and for an exclusion
 * @param check an SQL condition, for a check
 * @param references for a foreign key
 * @param exclude for an exclusion
 * @param indexParameters for those that an index carries
 */
public record Constraint(
    String name,
    Type type,
    List<String> columns,
    @Nullable String check,
    @Nullable ForeignKey references,
    @Nullable Exclude exclude,
    @Nullable IndexParameters indexParameters,
    boolean deferrable,
    boolean initiallyDeferred,
    boolean nullsNotDistinct,
    boolean noInherit) {
  public Constraint {
    columns = columns == null ? List.of() : List.copyOf(columns);
  }

  /** What sort of constraint. */
  public enum Type {
    UNIQUE,
    CHECK,
    PRIMARY_KEY,
    FOREIGN_KEY,
    EXCLUDE;

    /** True where an index stands behind it. */
    public boolean indexed() {
      return this == UNIQUE || this == PRIMARY_KEY || this == EXCLUDE;
    }

    /** True for a primary key and a unique constraint. */
    public boolean key() {
      return this == UNIQUE || this == PRIMARY_KEY;
    }

    /** As documents write it. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * No two rows for which all comparisons hold.
   *
   * @param elements {@code room WITH =, during WITH &&}
   */
  public record Exclude(
      @Nullable String indexMethod, String elements, @Nullable String predicate) {}

  /** Of the index behind a constraint. */
  public record IndexParameters(
      @Nullable String tablespace,
      @Nullable String storageParameters,
      List<String> includeColumns) {
    public IndexParameters {
      includeColumns = includeColumns == null ? List.of() : List.copyOf(includeColumns);
    }
  }

  public static Constraint unique(String name, List<String> columns) {
    return key(name, Type.UNIQUE, columns);
  }

  public static Constraint primaryKey(String name, List<String> columns) {
    return key(name, Type.PRIMARY_KEY, columns);
  }

  public static Constraint check(String name, List<String> columns, String condition) {
    return new Constraint(
        name, Type.CHECK, columns, condition, null, null, null, false, false, false, false);
  }

  public static Constraint foreignKey(String name, List<String> columns, ForeignKey references) {
    return new Constraint(
        name, Type.FOREIGN_KEY, columns, null, references, null, null, false, false, false, false);
  }

  static Constraint of(Column.Check check, String column) {
    return new Constraint(
        check.name(),
        Type.CHECK,
        List.of(column),
        check.constraint(),
        null,
        null,
        null,
        false,
        false,
        false,
        check.noInherit());
  }

  static Constraint of(Column.Reference reference, String column) {
    return new Constraint(
        reference.name(),
        Type.FOREIGN_KEY,
        List.of(column),
        null,
        ForeignKey.of(reference),
        null,
        null,
        reference.deferrable(),
        reference.initiallyDeferred(),
        false,
        false);
  }

  private static Constraint key(String name, Type type, List<String> columns) {
    return new Constraint(name, type, columns, null, null, null, null, false, false, false, false);
  }

  Constraint named(String other) {
    return copy(other, columns, check, references, exclude, indexParameters);
  }

  Constraint over(List<String> otherColumns) {
    return copy(name, otherColumns, check, references, exclude, indexParameters);
  }

  Constraint referring(@Nullable ForeignKey other) {
    return copy(name, columns, check, other, exclude, indexParameters);
  }

  Constraint copy(
      String name,
      List<String> columns,
      @Nullable String check,
      @Nullable ForeignKey references,
      @Nullable Exclude exclude,
      @Nullable IndexParameters parameters) {
    return new Constraint(
        name,
        type,
        columns,
        check,
        references,
        exclude,
        parameters,
        deferrable,
        initiallyDeferred,
        nullsNotDistinct,
        noInherit);
  }
}
