package io.copyhold.chaos.architecture.planted.runtime.clock;

import io.copyhold.chaos.architecture.planted.runtime.PortAdapter;
import java.time.Instant;
import java.util.function.Supplier;

/** An adapter, and a class inside it. */
@PortAdapter
final class WallClock {
  private WallClock() {}

  static Instant now() {
    return Instant.now();
  }

  static final class Inside {
    private Inside() {}

    static Supplier<Instant> reading() {
      return new Supplier<>() {
        @Override
        public Instant get() {
          return Instant.now();
        }
      };
    }
  }
}
