package io.copyhold.tenants.document;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A table as the catalog shows it.
 *
 * @param kind whose rows it holds
 * @param columns in order
 * @param constraints all kinds; NOT NULL stands at the column
 * @param indexes those that no constraint carries
 */
public record Table(
    String name,
    Kind kind,
    List<Field> columns,
    List<Rule> constraints,
    List<Index> indexes,
    ReplicaIdentity replicaIdentity,
    @Nullable String comment) {
  public Table {
    kind = Objects.requireNonNullElse(kind, Kind.TENANT);
    columns = columns == null ? List.of() : List.copyOf(columns);
    constraints = constraints == null ? List.of() : List.copyOf(constraints);
    indexes = indexes == null ? List.of() : List.copyOf(indexes);
    replicaIdentity = Objects.requireNonNullElse(replicaIdentity, ReplicaIdentity.DEFAULT);
  }

  /** Whose rows. */
  public enum Kind {
    /** A tenant's own. */
    TENANT,
    /** The same for all tenants: a copy to read, may be referred to. */
    REFERENCE,
    /** Neither moved nor referred to. */
    EXCLUDED;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * A column.
   *
   * @param type as {@code format_type} writes it: {@code character varying(20)}
   * @param defaultValue an SQL expression, as {@code pg_get_expr} writes it
   * @param identity numbers of its own, or null
   * @param generated the stored expression, or null
   */
  public record Field(
      String name,
      String type,
      boolean nullable,
      @Nullable String defaultValue,
      Column.@Nullable Identity identity,
      @Nullable String generated,
      @Nullable String comment) {
    public Field {
      type = Types.canonical(type);
    }

    public static Field of(String name, String type, boolean nullable) {
      return new Field(name, type, nullable, null, null, null, null);
    }

    /** True where an insert may leave it out. */
    public boolean optional() {
      return nullable || defaultValue != null || identity != null || generated != null;
    }

    /** Whether the rows are written again when the column gets another type under a lock. */
    public boolean rewrites(String other) {
      return !Types.sameBytes(type, Types.canonical(other));
    }

    Field named(String other) {
      return new Field(other, type, nullable, defaultValue, identity, generated, comment);
    }

    Field nullable(boolean other) {
      return new Field(name, type, other, defaultValue, identity, generated, comment);
    }
  }

  /**
   * A constraint.
   *
   * @param validated false where rows that were there before may break it
   */
  public record Rule(Constraint constraint, boolean validated) {
    public String name() {
      return constraint.name();
    }

    Rule with(Constraint other) {
      return new Rule(other, validated);
    }
  }

  /**
   * An index.
   *
   * @param columns its columns; an expression stands in {@code definition} alone
   * @param valid false where a concurrent build broke off
   * @param definition as {@code pg_get_indexdef} writes it, or null
   */
  public record Index(
      String name,
      List<IndexField> columns,
      boolean unique,
      IndexField.Method method,
      @Nullable String predicate,
      @Nullable String storageParameters,
      boolean valid,
      @Nullable String definition) {
    public Index {
      columns = columns == null ? List.of() : List.copyOf(columns);
      method = method == null ? IndexField.Method.BTREE : method;
    }

    public List<String> columnNames() {
      return columns.stream().map(IndexField::column).toList();
    }
  }

  public static Table of(String name, List<Field> columns, List<Rule> constraints) {
    return new Table(
        name, Kind.TENANT, columns, constraints, List.of(), ReplicaIdentity.DEFAULT, null);
  }

  public Optional<Field> column(String column) {
    return columns.stream().filter(c -> c.name().equals(column)).findFirst();
  }

  public Optional<Rule> constraint(String constraint) {
    return constraints.stream().filter(c -> c.name().equals(constraint)).findFirst();
  }

  public Optional<Index> index(String index) {
    return indexes.stream().filter(i -> i.name().equals(index)).findFirst();
  }

  public Optional<Constraint> primaryKey() {
    return constraints.stream()
        .map(Rule::constraint)
        .filter(c -> c.type() == Constraint.Type.PRIMARY_KEY)
        .findFirst();
  }

  public List<String> columnNames() {
    return columns.stream().map(Field::name).toList();
  }

  /**
   * Sets of columns by which a row is found at most once: primary key, unique constraints, and
   * unique indexes that are valid and not partial.
   */
  public List<List<String>> keys() {
    List<List<String>> keys = new ArrayList<>();
    constraints.stream()
        .map(Rule::constraint)
        .filter(c -> c.type().key())
        .sorted(
            (a, b) -> a.type() == b.type() ? 0 : a.type() == Constraint.Type.PRIMARY_KEY ? -1 : 1)
        .forEach(c -> keys.add(c.columns()));
    for (Index index : indexes) {
      if (index.unique()
          && index.valid()
          && index.predicate() == null
          && !index.columns().isEmpty()) {
        keys.add(index.columnNames());
      }
    }
    return keys;
  }

  /** Whether at most one row has given values in these columns. */
  public boolean uniqueBy(List<String> columns) {
    return keys().stream().anyMatch(columns::containsAll);
  }

  Table columns(List<Field> others) {
    return new Table(name, kind, others, constraints, indexes, replicaIdentity, comment);
  }

  Table rules(List<Rule> others) {
    return new Table(name, kind, columns, others, indexes, replicaIdentity, comment);
  }

  Table constraints(UnaryOperator<Rule> change) {
    return rules(constraints.stream().map(change).toList());
  }

  Table indexes(List<Index> others) {
    return new Table(name, kind, columns, constraints, others, replicaIdentity, comment);
  }

  Table identity(ReplicaIdentity other) {
    return new Table(name, kind, columns, constraints, indexes, other, comment);
  }

  Table field(String column, UnaryOperator<Field> change) {
    return columns(
        columns.stream().map(f -> f.name().equals(column) ? change.apply(f) : f).toList());
  }
}
