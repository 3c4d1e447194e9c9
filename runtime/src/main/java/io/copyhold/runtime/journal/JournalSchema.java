package io.copyhold.runtime.journal;

import io.copyhold.runtime.postgres.ControlSchema.Part;
import java.util.List;

/**
 * The tables of the control database that this module brings: journal, snapshots, terms, agenda,
 * blobs, lives of nodes, replays, timelines.
 */
public final class JournalSchema {
  private JournalSchema() {}

  public static List<Part> parts() {
    return List.of(
        Part.of(JournalSchema.class, "010-journal.sql"),
        Part.of(JournalSchema.class, "020-agenda.sql"),
        Part.of(JournalSchema.class, "030-blob.sql"),
        Part.of(JournalSchema.class, "040-life.sql"),
        Part.of(JournalSchema.class, "050-replay.sql"),
        Part.of(JournalSchema.class, "060-timeline.sql"));
  }
}
