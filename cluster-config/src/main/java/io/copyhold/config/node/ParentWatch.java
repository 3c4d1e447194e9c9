package io.copyhold.config.node;

import io.copyhold.runtime.PortAdapter;
import java.io.IOException;
import java.io.InputStream;

/**
 * Tells a node that its supervisor has gone: the standard input, which the supervisor holds, ends.
 */
@PortAdapter
public final class ParentWatch {
  private ParentWatch() {}

  /**
   * Watches on a thread of its own.
   *
   * @param input the standard input
   * @param gone called once, to shut this process down cleanly
   */
  public static void watch(InputStream input, Runnable gone) {
    Thread.ofPlatform()
        .name("copyhold-parent-watch")
        .daemon(true)
        .start(() -> {
          try {
            while (input.read() >= 0) {
              // nobody writes to us; only the end matters
            }
          } catch (IOException e) {
            // a broken pipe says the same
          }
          gone.run();
        });
  }
}
