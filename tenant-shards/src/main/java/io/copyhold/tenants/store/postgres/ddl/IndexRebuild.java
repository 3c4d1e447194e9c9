package io.copyhold.tenants.store.postgres.ddl;

import static io.copyhold.runtime.postgres.Identifiers.quote;

/** Builds a bloated or invalid index anew, beside the reads and writes. */
public record IndexRebuild(String schema, String name) implements Change {
  @Override
  public String object() {
    return schema + '.' + name;
  }

  @Override
  public String sql() {
    return "reindex index concurrently " + quote(schema, name);
  }
}
