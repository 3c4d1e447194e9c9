package io.copyhold.runtime.journal;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Slices;
import java.util.List;

/**
 * Port to all events of all entities, for whatever follows them: at least once, in order per
 * entity, and never skipping one, also when a transaction stays open for long while others commit.
 * Calls block.
 */
public interface Feed {
  /** The offset before the first event. */
  String START = "";

  /**
   * An event and where it stands.
   *
   * @param offset the place after it
   */
  record Entry(EntityRef entity, long version, String manifest, Journaled stored, String offset) {}

  /**
   * Some events.
   *
   * @param offset opaque; the place after the last of them, for the next read, also by another node
   * @param more whether there is more to read at once
   */
  record Batch(List<Entry> entries, String offset, boolean more) {
    public Batch {
      entries = List.copyOf(entries);
    }
  }

  /**
   * Events after {@code offset}.
   *
   * @param limit 1 to 10,000
   * @throws io.copyhold.runtime.ProblemException the journal does not answer, or the offset is none
   */
  Batch read(Slices slices, String offset, int limit);

  /** The offset of now: what is stored later comes after it. */
  String end();
}
