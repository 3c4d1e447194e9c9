package io.copyhold.config.node;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** How a node process is started. */
public interface NodeCommand {
  /** Exit status of a node that was asked to stay away: its supervisor does not start it again. */
  int LEFT = 80;

  /**
   * Program and arguments.
   *
   * @param configFile what this node is told, in HOCON; it holds addresses and names of password
   *     files, never a password
   */
  List<String> command(Path configFile);

  /**
   * A JVM like this one, with the same class path, that runs {@code mainClass --config FILE}.
   *
   * @param flags of the JVM, such as {@code -Xmx1g}
   */
  static NodeCommand jvm(String mainClass, List<String> flags) {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    String classPath = System.getProperty("java.class.path");
    return file -> {
      List<String> command = new ArrayList<>(List.of(java));
      command.addAll(flags);
      command.addAll(List.of("-cp", classPath, mainClass, "--config", file.toString()));
      return List.copyOf(command);
    };
  }
}
