package io.copyhold.runtime.journal;

import io.copyhold.runtime.cassandra.KeyspaceSchema.Part;
import java.util.List;

/** The tables of the control keyspace that the journal brings. */
public final class KeyspaceTables {
  private KeyspaceTables() {}

  public static List<Part> parts() {
    return List.of(
        Part.of(KeyspaceTables.class, "010-journal.cql"),
        Part.of(KeyspaceTables.class, "020-agenda.cql"),
        Part.of(KeyspaceTables.class, "030-blob.cql"),
        Part.of(KeyspaceTables.class, "040-life.cql"),
        Part.of(KeyspaceTables.class, "050-replay.cql"));
  }
}
