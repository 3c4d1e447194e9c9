package io.copyhold.runtime.view;

import com.typesafe.config.Config;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Where and how the directory is kept, read from {@code copyhold.view.directory}; reasons stand
 * there.
 *
 * @param path of this node's own; made when missing
 * @param bufferBytes of memory for rows not yet written
 * @param commitEvery at most this is indexed again after a crash
 * @param afterMax longest wait for a position
 */
public record DirectorySettings(
    Path path, long bufferBytes, Duration commitEvery, Duration afterMax) {
  public DirectorySettings {
    if (bufferBytes < 1 << 20) {
      throw new IllegalArgumentException("copyhold.view.directory.buffer must be at least 1 MiB");
    }
    if (!commitEvery.isPositive() || afterMax.isNegative()) {
      throw new IllegalArgumentException(
          "copyhold.view.directory: commit-every must be positive and after-max not negative");
    }
  }

  /**
   * @param root a node's whole configuration
   */
  public static DirectorySettings from(Config root) {
    Config c = root.getConfig("copyhold.view.directory");
    return new DirectorySettings(
        Path.of(c.getString("path")),
        c.getBytes("buffer"),
        c.getDuration("commit-every"),
        c.getDuration("after-max"));
  }
}
