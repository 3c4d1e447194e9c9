package io.copyhold.chaos.simulation;

import io.copyhold.chaos.simulation.Happening.Appended;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One node writes under one term, and once a term has written, no earlier one does. */
final class SingleOwner implements Invariant {
  private record Writer(long term, String node) {}

  private final Map<Integer, Writer> last = new HashMap<>();

  @Override
  public @Nullable String violatedBy(Happening happening) {
    if (!(happening instanceof Appended a)) {
      return null;
    }
    int shard = Shards.of(a.entity());
    Writer writer = new Writer(a.term(), a.node());
    Writer before = last.put(shard, writer);
    if (before != null
        && (before.term() > writer.term()
            || before.term() == writer.term() && !before.node().equals(writer.node()))) {
      return "shard %d: %s wrote %s@%d after %s"
          .formatted(shard, writer, a.entity(), a.version(), before);
    }
    return null;
  }
}
