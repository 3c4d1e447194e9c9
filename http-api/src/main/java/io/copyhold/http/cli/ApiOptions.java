package io.copyhold.http.cli;

import io.copyhold.config.node.ChildState;
import io.copyhold.config.node.SupervisorState;
import io.copyhold.http.node.DataOption;
import io.copyhold.http.node.FirstToken;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which node a command speaks to, as whom, and how it shows what comes back. */
final class ApiOptions {
  private static final String DEFAULT_URL = "http://127.0.0.1:7400";

  /** How answers are shown. */
  enum Form {
    table,
    json
  }

  @Option(
      names = "--url",
      description =
          "A node, or several with commas between: the next is asked when one is away (default:"
              + " COPYHOLD_URL, else the nodes of the data directory, else "
              + DEFAULT_URL
              + ").")
  private @Nullable String url;

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      description =
          "File with the token (default: COPYHOLD_TOKEN itself, else the data directory's).")
  private @Nullable Path tokenFile;

  @Option(
      names = "--token",
      description = "The token itself; others on this machine may see it, so better use a file.")
  private @Nullable String token;

  @Option(
      names = {"-o", "--output"},
      description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  private Form output = Form.table;

  @Option(
      names = "--retry-for",
      paramLabel = "SECONDS",
      description = "How long to try again what is \"not now\" (default: ${DEFAULT-VALUE}).")
  private int retryForSeconds = 30;

  @Mixin private DataOption data = new DataOption();

  Form output() {
    return output;
  }

  Duration retryFor() {
    return Duration.ofSeconds(Math.clamp(retryForSeconds, 0, 3_600));
  }

  /** At least one. */
  List<String> urls() throws IOException {
    String given = url != null ? url : environment("COPYHOLD_URL");
    if (given != null) {
      return Stream.of(given.split(",", -1))
          .map(String::strip)
          .filter(one -> !one.isEmpty())
          .map(one -> one.endsWith("/") ? one.substring(0, one.length() - 1) : one)
          .toList();
    }
    List<String> here =
        SupervisorState.read(data.directory()).stream()
            .flatMap(state -> state.children().stream())
            .filter(child -> child.name().startsWith("node-"))
            // one that is being restarted will listen where it did
            .sorted(Comparator.comparing(child -> child.phase() != ChildState.Phase.RUNNING))
            .map(child -> "http://127.0.0.1:" + child.port())
            .toList();
    return here.isEmpty() ? List.of(DEFAULT_URL) : here;
  }

  String token() throws Trouble {
    if (token != null) {
      return token.strip();
    }
    if (tokenFile != null) {
      return read(tokenFile);
    }
    String variable = environment("COPYHOLD_TOKEN");
    if (variable != null) {
      return variable.strip();
    }
    Path first = FirstToken.file(data.directory());
    if (Files.exists(first)) {
      return read(first);
    }
    throw new Trouble(
        ExitStatus.USAGE,
        "there is no token to speak with",
        first.toString(),
        "give --token-file FILE, set COPYHOLD_TOKEN, or name the data directory with --data");
  }

  private static String read(Path file) throws Trouble {
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      throw new Trouble(
          ExitStatus.USAGE,
          "the token's file cannot be read",
          file.toString(),
          "give a readable file");
    }
  }

  private static @Nullable String environment(String name) {
    String value = System.getenv(name);
    return value == null || value.isBlank() ? null : value;
  }
}
