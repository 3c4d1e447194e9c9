package io.copyhold.http.node;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * Where everything of this machine is kept: {@code --data}, else COPYHOLD_DATA, else ~/.copyhold.
 */
public final class DataOption {
  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Directory that holds everything (default: COPYHOLD_DATA, else ~/.copyhold).")
  private @Nullable Path data;

  public Path directory() {
    if (data != null) {
      return data.toAbsolutePath().normalize();
    }
    String environment = System.getenv("COPYHOLD_DATA");
    return environment == null || environment.isEmpty()
        ? Path.of(System.getProperty("user.home"), ".copyhold")
        : Path.of(environment).toAbsolutePath().normalize();
  }
}
