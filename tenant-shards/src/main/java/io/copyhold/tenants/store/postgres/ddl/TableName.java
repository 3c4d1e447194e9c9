package io.copyhold.tenants.store.postgres.ddl;

import io.copyhold.runtime.postgres.Identifiers;

/**
 * A table, by the names that the catalog has, unquoted.
 *
 * @param schema the home's schema
 */
public record TableName(String schema, String name) {
  /** As it stands in a statement. */
  public String sql() {
    return Identifiers.quote(schema, name);
  }

  @Override
  public String toString() {
    return schema + '.' + name;
  }
}
