package io.copyhold.tenants.store.postgres.ddl;

import static io.copyhold.runtime.postgres.Identifiers.quote;

/** Takes an index away beside the reads and writes; none of that name is fine. */
public record IndexDrop(String schema, String name) implements Change {
  @Override
  public String object() {
    return schema + '.' + name;
  }

  @Override
  public String sql() {
    return "drop index concurrently if exists " + quote(schema, name);
  }
}
