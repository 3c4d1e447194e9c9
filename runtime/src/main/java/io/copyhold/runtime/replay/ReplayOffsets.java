package io.copyhold.runtime.replay;

import io.copyhold.runtime.EntityRef;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Port to how far replays have come. Calls block. */
public interface ReplayOffsets {
  /** The entity's version that was reached; 0 where nothing is kept. */
  long load(EntityRef entity, String name);

  void keep(EntityRef entity, String name, long version);

  /** Kept as long as this process lives. */
  static ReplayOffsets inMemory() {
    Map<String, Long> kept = new ConcurrentHashMap<>();
    return new ReplayOffsets() {
      @Override
      public long load(EntityRef entity, String name) {
        return kept.getOrDefault(entity + "#" + name, 0L);
      }

      @Override
      public void keep(EntityRef entity, String name, long version) {
        kept.put(entity + "#" + name, version);
      }
    };
  }
}
