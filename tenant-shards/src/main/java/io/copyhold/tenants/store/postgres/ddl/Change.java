package io.copyhold.tenants.store.postgres.ddl;

/** One step of a change of a home's structure, done by {@link Ddl}; repeatable. */
public sealed interface Change permits DdlStatement, IndexBuild, IndexDrop, IndexRebuild {
  /** What it is about, for people: {@code app.invoice}. */
  String object();

  /** The statement that does it. */
  String sql();
}
