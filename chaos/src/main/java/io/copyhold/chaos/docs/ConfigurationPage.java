package io.copyhold.chaos.docs;

import com.typesafe.config.Config;
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
   * One setting.
   *
   * @param section the page's heading: the first two parts of the path
   * @param path from the root, in dots
   * @param standard what holds when nobody sets it, as HOCON
   * @param comment what stands above it in its file, on one line; empty when nothing does
   * @param line in its file, from 1
   */
  public record Key(String section, String path, String standard, String comment, int line) {

    /** Whether this key stands on the line below that one, so that one comment may cover both. */
    boolean follows(Key other) {
      return section.equals(other.section) && line == other.line + 1;
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
      ours.forEach((name, value) -> collect("copyhold." + name, "copyhold." + name, value, keys));
    }
    keys.sort(Comparator.comparing(Key::section).thenComparingInt(Key::line));
    return new ConfigurationPage(List.copyOf(keys));
  }

  private static void collect(String section, String path, ConfigValue value, List<Key> into) {
    if (value instanceof ConfigObject object && !object.isEmpty()) {
      object.forEach((name, inner) -> collect(section, path + "." + name, inner, into));
    } else {
      into.add(
          new Key(
              section,
              path,
              shown(value),
              value.origin().comments().stream()
                  .map(String::strip)
                  .collect(Collectors.joining(" ")),
              value.origin().lineNumber()));
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
      if (!covered) {
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
    sections.forEach((section, ofSection) -> {
      page.append("\n## `").append(section).append("`\n\n");
      page.append("| key | default | what for, and why so much |\n|---|---|---|\n");
      ofSection.forEach(key ->
          page.append(
              "| `%s` | `%s` | %s |\n"
                  .formatted(
                      key.path().substring(section.length() + (key.path().equals(section) ? 0 : 1)),
                      cell(key.standard()),
                      key.comment().isEmpty() ? "see above" : cell(key.comment()))));
    });
    return page.toString();
  }

  private static String cell(String text) {
    return text.replace("|", "\\|");
  }
}
