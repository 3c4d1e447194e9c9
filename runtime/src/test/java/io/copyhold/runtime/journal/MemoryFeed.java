package io.copyhold.runtime.journal;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.Slices;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A feed of what a test put into it; the offset is the number of events. It can be made to fail.
 */
public final class MemoryFeed implements Feed {
  private final List<Entry> entries = new ArrayList<>();
  private boolean away;
  private int reads;
  private int ends;

  /** Appends an event. */
  public synchronized void add(
      EntityRef entity, long version, Object event, @Nullable JsonNode summary) {
    entries.add(
        new Entry(
            entity,
            version,
            entity.type() + "/event/1",
            new Journaled(
                event,
                Origin.of("test"),
                Instant.ofEpochSecond(1_700_000_000L + entries.size()),
                null,
                summary),
            Integer.toString(entries.size() + 1)));
  }

  public synchronized void away(boolean now) {
    away = now;
  }

  /** How often it was read. */
  public synchronized int reads() {
    return reads;
  }

  @Override
  public synchronized Batch read(Slices slices, String offset, int limit) {
    reads++;
    if (away) {
      throw new ProblemException(Problem.unavailable("away", "the feed is away"));
    }
    int from = offset.equals(START) ? 0 : Integer.parseInt(offset);
    int to = Math.min(entries.size(), from + limit);
    return new Batch(entries.subList(from, to), Integer.toString(to), to < entries.size());
  }

  /** How often its end was asked for. */
  public synchronized int ends() {
    return ends;
  }

  @Override
  public synchronized String end() {
    ends++;
    return Integer.toString(entries.size());
  }
}
