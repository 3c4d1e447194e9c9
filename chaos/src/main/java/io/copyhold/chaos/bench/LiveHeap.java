package io.copyhold.chaos.bench;

import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.ProblemException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** How much of a JVM's heap is alive, asked from outside: all else is collected first. */
@PortAdapter
final class LiveHeap {
  private LiveHeap() {}

  /**
   * @param pid a JVM of this user
   * @return bytes
   */
  static long bytes(long pid) throws IOException, InterruptedException {
    Process jcmd =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                Long.toString(pid),
                "GC.class_histogram")
            .redirectErrorStream(true)
            .start();
    List<String> said;
    try (var lines = jcmd.inputReader()) {
      said = lines.lines().toList();
    }
    int status = jcmd.waitFor();
    for (String line : said.reversed()) {
      String[] words = line.strip().split(" +", -1);
      if (words.length == 3 && words[0].equals("Total")) {
        return Long.parseLong(words[2]);
      }
    }
    throw new ProblemException(
        "heap-unknown",
        "jcmd could not look into process " + pid + ": it ended with " + status + ".",
        "Run this with a JDK, as the user of that process.");
  }
}
