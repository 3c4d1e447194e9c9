package io.copyhold.chaos.docs;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigResolveOptions;
import com.typesafe.config.ConfigValue;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * {@code docs/configuration.md}: every key below {@code copyhold} that a module's {@code
 * reference.conf} sets, with its default and the comment above it.
 *
 * @param keys in the order of their files
 */
public record ConfigurationPage(List<Key> keys) {

  /**
   * One setting, or a group of them that has a comment of its own.
   *
   * @param section the page's heading: the first two parts of the path
   * @param path from the root, in dots
   * @param standard what holds when nobody sets it, as HOCON; empty for a group
   * @param comment what stands above it in its file, on one line; empty when nothing does
   * @param line in its file, from 1
   * @param covered whether a group around it has a comment
   */
  public record Key(
      String section, String path, String standard, String comment, int line, boolean covered) {

    /**
     * Whether this key stands beside or just below that one, so that one comment may cover both.
     */
    boolean follows(Key other) {
      return section.equals(other.section) && (line == other.line || line == other.line + 1);
    }

    /** The path below the heading. */
    String name() {
      return path.equals(section) ? "" : path.substring(section.length() + 1);
    }
  }

  private static final String HEAD =
      """
      # Configuration

      Written by `./copyhold docs` from the `reference.conf` of each module; a test fails when this page differs.
      The format is HOCON: a duration has a unit (`5s`, `250ms`, `2 minutes`), a size too (`64KiB`). What you do
      not set has the default below. Each limit stands beside its reason: change one, and the reason tells you what
      gives.
      """;

  /**
   * Reads every {@code reference.conf} on the class path. Neither environment nor properties count.
   */
  public static ConfigurationPage ofClassPath(ClassLoader loader) {
    Config reference = ConfigFactory.parseResources(loader, "reference.conf");
    return of(reference);
  }

  static ConfigurationPage of(Config reference) {
    Config resolved = reference.resolve(ConfigResolveOptions.noSystem().setAllowUnresolved(true));
    var keys = new ArrayList<Key>();
    if (resolved.root().get("copyhold") instanceof ConfigObject ours) {
      ConfigValue written = asWritten(reference.root(), "copyhold", ours);
      ours.forEach((name, value) -> {
        String section = "copyhold." + name;
        collect(section, section, asWritten(written, name, value), value, false, keys);
      });
    }
    keys.sort(
        Comparator.comparing(Key::section).thenComparingInt(Key::line).thenComparing(Key::path));
    return new ConfigurationPage(List.copyOf(keys));
  }

  private static void collect(
      String section,
      String path,
      ConfigValue written,
      ConfigValue value,
      boolean covered,
      List<Key> into) {
    String comment =
        written.origin().comments().stream().map(String::strip).collect(Collectors.joining(" "));
    int line = written.origin().lineNumber();
    if (value instanceof ConfigObject object && !object.isEmpty()) {
      if (!comment.isEmpty()) {
        into.add(new Key(section, path, "", comment, line, covered));
      }
      boolean inside = covered || !comment.isEmpty();
      object.forEach((name, inner) ->
          collect(
              section, path + "." + name, asWritten(written, name, inner), inner, inside, into));
    } else {
      into.add(new Key(section, path, shown(value), comment, line, covered));
    }
  }

  /**
   * What stands in the file: a resolved reference has the line and comment of what it refers to.
   */
  private static ConfigValue asWritten(ConfigValue around, String name, ConfigValue resolved) {
    try {
      return around instanceof ConfigObject object && object.get(name) != null
          ? object.get(name)
          : resolved;
    } catch (ConfigException.NotResolved _) { // the group itself is a reference
      return resolved;
    }
  }

  /** As one would type it: a text needs no quotes unless it is empty. */
  private static String shown(ConfigValue value) {
    String rendered = value.render(ConfigRenderOptions.concise());
    return rendered.matches("\"[^\"\\\\]+\"")
        ? rendered.substring(1, rendered.length() - 1)
        : rendered;
  }

  /**
   * The keys that say nothing about themselves: no comment above them, nor above a run of keys they
   * end.
   */
  public List<Key> unexplained() {
    var bare = new ArrayList<Key>();
    boolean covered = false;
    for (int i = 0; i < keys.size(); i++) {
      Key key = keys.get(i);
      covered = !key.comment().isEmpty() || (covered && key.follows(keys.get(i - 1)));
      if (!covered && !key.covered()) {
        bare.add(key);
      }
    }
    return bare;
  }

  /** The page as Markdown. */
  public String markdown() {
    var page = new StringBuilder(HEAD);
    Map<String, List<Key>> sections =
        keys.stream()
            .collect(Collectors.groupingBy(Key::section, TreeMap::new, Collectors.toList()));
    sections.forEach((section, ofSection) -> write(section, ofSection, page));
    return page.toString();
  }

  private static void write(String section, List<Key> keys, StringBuilder page) {
    page.append("\n## `").append(section).append("`\n\n");
    keys.stream()
        .filter(key -> key.standard().isEmpty() && key.name().isEmpty())
        .forEach(key -> page.append(key.comment()).append("\n\n"));
    page.append("| key | default | what for, and why so much |\n|---|---|---|\n");
    keys.stream()
        .filter(key -> !(key.standard().isEmpty() && key.name().isEmpty()))
        .forEach(key -> page.append(row(key)));
  }

  private static String row(Key key) {
    if (key.standard().isEmpty()) {
      return "| `%s` | | %s |\n".formatted(key.name(), cell(key.comment()));
    }
    return "| `%s` | `%s` | %s |\n"
        .formatted(
            key.name(),
            cell(key.standard()),
            key.comment().isEmpty() ? "see above" : cell(key.comment()));
  }

  private static String cell(String text) {
    return text.replace("|", "\\|");
  }
}
