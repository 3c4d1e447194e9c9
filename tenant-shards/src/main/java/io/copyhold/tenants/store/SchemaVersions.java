package io.copyhold.tenants.store;

import java.util.List;

/**
 * Which versions of a schema clients may speak in a home, and the changes between them.
 *
 * @param live empty where no document has been applied: clients use the tables
 * @param changes from the first
 */
public record SchemaVersions(List<Live> live, List<Change> changes) {
  public SchemaVersions {
    live = List.copyOf(live);
    changes = List.copyOf(changes);
  }

  /**
   * A version that clients may speak.
   *
   * @param version what a session sets {@code copyhold.version} to
   * @param schema with its views
   */
  public record Live(String version, String schema) {}

  /**
   * A document that was applied.
   *
   * @param before the version it starts from
   * @param state starting, both, completed, finalizing, finalized, reversing, reversed
   */
  public record Change(int number, String name, String before, String version, String state) {}
}
