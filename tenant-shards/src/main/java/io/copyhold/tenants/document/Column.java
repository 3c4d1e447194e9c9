package io.copyhold.tenants.document;

import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A column as {@code create_table} and {@code add_column} define it.
 *
 * @param type as PostgreSQL writes it: {@code varchar(20)}
 * @param nullable false means NOT NULL
 * @param pk part of the primary key
 * @param unique gets a unique constraint named {@code table_column_key}
 * @param defaultValue an SQL expression
 */
public record Column(
    String name,
    String type,
    boolean nullable,
    boolean pk,
    boolean unique,
    @Nullable String defaultValue,
    @Nullable String comment,
    @Nullable Check check,
    @Nullable Reference references,
    @Nullable Generated generated) {

  /** A check over one column: {@code constraint} is an SQL condition. */
  public record Check(String name, String constraint, boolean noInherit) {}

  /** A foreign key of one column. */
  public record Reference(
      String name,
      String table,
      String column,
      ForeignKey.Match matchType,
      ForeignKey.Action onDelete,
      ForeignKey.Action onUpdate,
      boolean deferrable,
      boolean initiallyDeferred) {
    public Reference {
      matchType = matchType == null ? ForeignKey.Match.SIMPLE : matchType;
      onDelete = onDelete == null ? ForeignKey.Action.NO_ACTION : onDelete;
      onUpdate = onUpdate == null ? ForeignKey.Action.NO_ACTION : onUpdate;
    }

    /** A plain one: NO ACTION, not deferrable. */
    public static Reference to(String name, String table, String column) {
      return new Reference(
          name,
          table,
          column,
          ForeignKey.Match.SIMPLE,
          ForeignKey.Action.NO_ACTION,
          ForeignKey.Action.NO_ACTION,
          false,
          false);
    }
  }

  /** Values that the database makes: a stored expression or an identity, one of the two. */
  public record Generated(@Nullable String expression, @Nullable Identity identity) {}

  /**
   * Numbers from a sequence of the column's own.
   *
   * @param sequenceOptions as in CREATE SEQUENCE, without the name
   */
  public record Identity(UserValues userSpecifiedValues, @Nullable String sequenceOptions) {
    public Identity {
      userSpecifiedValues = Objects.requireNonNullElse(userSpecifiedValues, UserValues.ALWAYS);
    }
  }

  /** Whether an insert may bring a value of its own. */
  public enum UserValues {
    ALWAYS,
    BY_DEFAULT;

    @Override
    public String toString() {
      return name().replace('_', ' ').toUpperCase(Locale.ROOT);
    }
  }

  /** A column with name and type, NOT NULL unless told otherwise. */
  public static Column of(String name, String type, boolean nullable) {
    return new Column(name, type, nullable, false, false, null, null, null, null, null);
  }

  /** The same as part of the primary key. */
  public Column asPrimaryKey() {
    return new Column(
        name, type, false, true, unique, defaultValue, comment, check, references, generated);
  }

  /** The same with a default. */
  public Column withDefault(String expression) {
    return new Column(
        name, type, nullable, pk, unique, expression, comment, check, references, generated);
  }
}
