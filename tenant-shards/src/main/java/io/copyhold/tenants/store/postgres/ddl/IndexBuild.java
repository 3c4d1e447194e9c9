package io.copyhold.tenants.store.postgres.ddl;

import static io.copyhold.runtime.postgres.Identifiers.quote;

import io.copyhold.tenants.store.Script;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An index built beside the writes, in several transactions. Its name is its identity: one that an
 * interrupted attempt left is found by it, dropped and built again.
 *
 * @param keys expressions in the index's order, each with operator class and direction as it wants;
 *     trusted text, names quoted
 * @param method such as {@code btree}
 * @param more what follows the keys: {@code include (…) with (…)}; trusted text, may be empty
 * @param where of a partial index; trusted text
 */
public record IndexBuild(
    TableName table,
    String name,
    boolean unique,
    String method,
    List<String> keys,
    String more,
    @Nullable String where)
    implements Change {

  public IndexBuild {
    keys = List.copyOf(keys);
    if (keys.isEmpty()) {
      throw new IllegalArgumentException("no keys: " + name);
    }
  }

  /** A btree over these columns. */
  public static IndexBuild on(TableName table, String name, boolean unique, List<String> columns) {
    return new IndexBuild(
        table, name, unique, "btree", columns.stream().map(c -> quote(c)).toList(), "", null);
  }

  @Override
  public String object() {
    return table.schema() + '.' + name;
  }

  @Override
  public String sql() {
    return "create "
        + (unique ? "unique " : "")
        + "index concurrently "
        + quote(name)
        + " on "
        + table.sql()
        + " using "
        + quote(method)
        + " ("
        + String.join(", ", keys)
        + ')'
        + (more.isEmpty() ? "" : ' ' + more)
        + (where == null ? "" : " where " + where);
  }

  /** Another definition under the same name has another. */
  String checksum() {
    return Script.checksum(sql());
  }
}
