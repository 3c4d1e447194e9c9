package io.copyhold.chaos.fault;

import java.io.IOException;

/** One fault at work. All three may be called again, and say so by doing nothing more. */
interface Injection {
  /** What will take it back; written down before {@link #inject}. */
  default Undo prepare() {
    return new Undo.Nothing();
  }

  void inject(Undo undo) throws IOException, InterruptedException;

  void lift(Undo undo) throws IOException, InterruptedException;

  /** Whether it is over with being injected, so that there is nothing to lift. */
  default boolean momentary() {
    return false;
  }
}
