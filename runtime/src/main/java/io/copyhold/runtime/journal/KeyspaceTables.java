package io.copyhold.runtime.journal;

import io.copyhold.runtime.cassandra.KeyspaceSchema.Part;
import java.util.List;

/** The tables of the control keyspace that the journal brings. */
public final class KeyspaceTables {
  private KeyspaceTables() {}

  public static List<Part> parts() {
    return List.of(Part.of(KeyspaceTables.class, "010-journal.cql"));
  }
}
