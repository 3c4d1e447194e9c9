package io.copyhold.chaos.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** A page of docs/, taken apart. */
final class Page {
  private static final Pattern STATUS = Pattern.compile("\\[exit status ([0-9]+)]");

  private Page() {}

  /**
   * A command with what the page shows of its answer.
   *
   * @param line number of the command in the page
   * @param status that it ends with
   * @param shown lines, in order; {@code …} stands for anything
   */
  record Shown(int line, String command, int status, List<String> shown) {
    /** The first line of the page that the output lacks, or empty. */
    String missing(String output) {
      List<String> lines = output.lines().map(Page::words).toList();
      int from = 0;
      for (String wanted : shown) {
        Pattern pattern = pattern(wanted);
        int at = from;
        while (at < lines.size() && !pattern.matcher(lines.get(at)).find()) {
          at++;
        }
        if (at == lines.size()) {
          return wanted;
        }
        from = at + 1;
      }
      return "";
    }
  }

  /** Columns are as wide as their content: only the words count. */
  private static String words(String line) {
    return line.strip().replaceAll("\\s+", " ");
  }

  private static Pattern pattern(String wanted) {
    StringBuilder pattern = new StringBuilder();
    for (String part : words(wanted).split("…", -1)) {
      pattern
          .append(pattern.isEmpty() ? "" : ".*")
          .append(Pattern.quote(part.strip()))
          .append("\\s*");
    }
    return Pattern.compile(pattern.toString());
  }

  /** The root of the sources: where docs/ is. */
  static Path root() {
    Path at = Path.of("").toAbsolutePath();
    while (!Files.isDirectory(at.resolve("docs"))) {
      at = at.getParent();
    }
    return at;
  }

  static List<Shown> commands(String page) throws IOException {
    List<Shown> commands = new ArrayList<>();
    List<String> lines = Files.readAllLines(root().resolve("docs").resolve(page));
    boolean inside = false;
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (line.startsWith("```")) {
        inside = line.equals("```console");
      } else if (inside && line.startsWith("$ ")) {
        commands.add(new Shown(i + 1, line.substring(2), 0, new ArrayList<>()));
      } else if (inside) {
        Shown last = commands.getLast();
        var status = STATUS.matcher(line);
        if (status.matches()) {
          commands.set(
              commands.size() - 1,
              new Shown(
                  last.line(), last.command(), Integer.parseInt(status.group(1)), last.shown()));
        } else {
          last.shown().add(line);
        }
      }
    }
    return commands;
  }

  /** The SQL of a page's blocks, in order, each with its number. */
  static List<String> sql(String page) throws IOException {
    List<String> blocks = new ArrayList<>();
    StringBuilder block = null;
    for (String line : Files.readAllLines(root().resolve("docs").resolve(page))) {
      if (line.startsWith("```")) {
        if (block != null) {
          blocks.add(block.toString());
        }
        block = line.equals("```sql") ? new StringBuilder() : null;
      } else if (block != null) {
        block.append(line).append('\n');
      }
    }
    return blocks;
  }
}
