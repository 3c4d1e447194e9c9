package io.copyhold.tenants.store.postgres.ddl;

import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A statement that runs in a transaction of its own under a short lock timeout. When the catalog
 * shows all of {@code afterwards} before it runs, it is taken as done.
 *
 * @param sql trusted text: one statement, names quoted
 * @param locks every table it locks, with the strongest level; who holds what is in its way is
 *     found by them
 * @param weight how long it may hold them
 * @param afterwards what the catalog must show then; empty for what cannot be seen there
 * @param violations finds the rows that a failed check is about
 */
public record DdlStatement(
    String sql,
    List<Locked> locks,
    Weight weight,
    List<Fact> afterwards,
    @Nullable Violations violations)
    implements Change {

  /** What a statement does while it holds its locks. */
  public enum Weight {
    /** Changes the catalog alone: milliseconds, and stopped when it takes longer. */
    CATALOG,
    /** Reads the table: as long as that takes. */
    SCAN,
    /** Writes the table anew: as long as that takes. */
    REWRITE
  }

  public DdlStatement {
    locks = List.copyOf(locks);
    afterwards = List.copyOf(afterwards);
    if (sql.isBlank()) {
      throw new IllegalArgumentException("no statement");
    }
  }

  /** One that changes the catalog alone. */
  public static DdlStatement quick(
      String sql, TableName table, LockLevel level, Fact... afterwards) {
    return new DdlStatement(
        sql, List.of(new Locked(table, level)), Weight.CATALOG, List.of(afterwards), null);
  }

  /** One that reads the table under a lock that lets readers and writers through. */
  public static DdlStatement scan(
      String sql,
      TableName table,
      LockLevel level,
      @Nullable Violations violations,
      Fact... afterwards) {
    return new DdlStatement(
        sql, List.of(new Locked(table, level)), Weight.SCAN, List.of(afterwards), violations);
  }

  @Override
  public String object() {
    return locks.isEmpty()
        ? sql.lines().findFirst().orElse("").strip()
        : locks.stream().map(l -> l.table().toString()).collect(Collectors.joining(", "));
  }
}
