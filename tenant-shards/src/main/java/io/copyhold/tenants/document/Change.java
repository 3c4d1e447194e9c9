package io.copyhold.tenants.document;

import io.copyhold.tenants.document.Column.Check;
import io.copyhold.tenants.document.Column.Reference;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One operation of a document. Names and fields are those of pgroll's published form, written in
 * camel case; the last three are Copyhold's own.
 *
 * <p>{@code up} is an SQL expression over the old row that gives the new value; {@code down} one
 * over the new row that gives the old value.
 */
public sealed interface Change {
  /** As documents write it: {@code create_table}. */
  default String operation() {
    return Operation.of(getClass()).field();
  }

  /**
   * A new table.
   *
   * @param columns at least one
   * @param kind whose rows it holds; tenants' where the document does not say
   */
  record CreateTable(
      String name,
      List<Column> columns,
      List<Constraint> constraints,
      Table.Kind kind,
      @Nullable String comment)
      implements Change {
    public CreateTable {
      kind = kind == null ? Table.Kind.TENANT : kind;
      columns = list(columns);
      constraints = list(constraints);
    }

    /** A table of tenants' rows. */
    public CreateTable(
        String name, List<Column> columns, List<Constraint> constraints, @Nullable String comment) {
      this(name, columns, constraints, Table.Kind.TENANT, comment);
    }
  }

  /** The table goes when the document completes. */
  record DropTable(String name) implements Change {}

  /** The same table under another name. */
  record RenameTable(String from, String to) implements Change {}

  /**
   * A new column.
   *
   * @param up value for rows that are there and rows that the old version writes; the column's
   *     default where it is null
   */
  record AddColumn(String table, Column column, @Nullable String up) implements Change {}

  /**
   * The column goes when the document completes.
   *
   * @param down its value in rows that the new version writes; its default where it is null
   */
  record DropColumn(String table, String column, @Nullable String down) implements Change {}

  /** The same column under another name. */
  record RenameColumn(String table, String from, String to) implements Change {}

  /**
   * Several properties of one column at once; null leaves one as it is.
   *
   * @param name a new name
   * @param nullable false adds NOT NULL, true drops it
   * @param defaultValue the new default; without text it is dropped
   * @param comment the new comment; without text it is dropped
   * @param check a check to add
   * @param unique a unique constraint to add
   * @param references a foreign key to add
   */
  record AlterColumn(
      String table,
      String column,
      @Nullable String name,
      @Nullable String type,
      @Nullable Boolean nullable,
      @Nullable Value defaultValue,
      @Nullable Value comment,
      @Nullable Check check,
      @Nullable Unique unique,
      @Nullable Reference references,
      @Nullable String up,
      @Nullable String down)
      implements Change {}

  /** A text that is set, or taken away where it is null. */
  record Value(@Nullable String text) {}

  /** Name of the unique constraint that a column gets. */
  record Unique(String name) {}

  /**
   * A new index.
   *
   * @param concurrently false builds it under a lock against writers
   * @param predicate makes it partial
   * @param storageParameters {@code fillfactor=70, deduplicate_items=off}
   */
  record CreateIndex(
      String table,
      String name,
      List<IndexField> columns,
      boolean unique,
      IndexField.Method method,
      @Nullable String predicate,
      @Nullable String storageParameters,
      Boolean concurrently)
      implements Change {
    public CreateIndex {
      columns = list(columns);
      method = method == null ? IndexField.Method.BTREE : method;
      concurrently = concurrently == null ? Boolean.TRUE : concurrently;
    }
  }

  /** The index goes when the document completes. */
  record DropIndex(String name) implements Change {}

  /**
   * A new constraint over one or more columns.
   *
   * @param up by column: the value that satisfies the constraint, over the old row
   * @param down by column: the old value, over the new row
   */
  record CreateConstraint(
      String table, Constraint constraint, Map<String, String> up, Map<String, String> down)
      implements Change {
    public CreateConstraint {
      up = map(up);
      down = map(down);
    }

    public String name() {
      return constraint.name();
    }
  }

  /**
   * The constraint goes: the new version is free of it, the old one keeps it.
   *
   * @param up value of its one column for the new version
   * @param down value of its one column that satisfies the constraint still
   */
  record DropConstraint(String table, String name, @Nullable String up, @Nullable String down)
      implements Change {}

  /** As {@link DropConstraint}, with expressions by column. */
  record DropMulticolumnConstraint(
      String table, String name, Map<String, String> up, Map<String, String> down)
      implements Change {
    public DropMulticolumnConstraint {
      up = map(up);
      down = map(down);
    }
  }

  /** The same constraint under another name. */
  record RenameConstraint(String table, String from, String to) implements Change {}

  /** What the write-ahead log says of the old row. */
  record SetReplicaIdentity(String table, ReplicaIdentity identity) implements Change {}

  /**
   * Statements as they are.
   *
   * @param up run at the start, or on completion
   * @param down takes it back
   * @param onComplete run on completion, and only then; there is no way back then
   * @param pool the statements to run in a pool instead; without them a pool refuses the document
   * @param alongside the author says that it touches nothing that other operations of the document
   *     touch, and that it leaves the shape of the schema alone
   */
  record Sql(
      String up,
      @Nullable String down,
      boolean onComplete,
      @Nullable PoolSql pool,
      boolean alongside)
      implements Change {}

  /** Statements for a pool, run over the rows of all its tenants. */
  record PoolSql(String up, @Nullable String down) {}

  /**
   * A column goes over to another table; each version reads and writes it where it knows it.
   *
   * @param toColumn its name there; the same where it is null
   * @param join how rows pair: column of the table to column of the other
   * @param up the value there, over the old row; the column itself where it is null
   * @param down the value here, over the other table's row
   */
  record MoveColumn(
      String table,
      String column,
      String toTable,
      @Nullable String toColumn,
      Map<String, String> join,
      @Nullable String up,
      @Nullable String down)
      implements Change {
    public MoveColumn {
      join = map(join);
    }

    /** Its name in the other table. */
    public String target() {
      return toColumn == null ? column : toColumn;
    }
  }

  /**
   * Columns become a table of their own with one row for each row of the first.
   *
   * @param to the new table
   * @param columns old name to name in the new table
   * @param key columns of the table's primary key to columns of the new table's primary key, which
   *     refers to it and is deleted with it
   */
  record ExtractTable(String table, String to, Map<String, String> columns, Map<String, String> key)
      implements Change {
    public ExtractTable {
      columns = map(columns);
      key = map(key);
    }

    /** Name of the foreign key from the new table to the old. */
    public String reference() {
      return Names.derived(to, "fkey");
    }

    /** Name of the new table's primary key. */
    public String primaryKey() {
      return Names.derived(to, "pkey");
    }
  }

  /**
   * New values for rows that are there, in chunks by key; both versions see them.
   *
   * @param set column to expression
   * @param where which rows; all where it is null
   * @param down column to expression that takes it back
   * @param chunkRows rows of the first chunk; the runner tunes it
   */
  record Update(
      String table,
      Map<String, String> set,
      @Nullable String where,
      Map<String, String> down,
      @Nullable Integer chunkRows)
      implements Change {
    public Update {
      set = map(set);
      down = map(down);
    }
  }

  private static <T> List<T> list(@Nullable List<T> values) {
    return values == null ? List.of() : List.copyOf(values);
  }

  private static Map<String, String> map(@Nullable Map<String, String> values) {
    return values == null ? Map.of() : Collections.unmodifiableMap(new TreeMap<>(values));
  }
}
