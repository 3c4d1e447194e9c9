package io.copyhold.tenants.changelog;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Order of version numbers, as Flyway has it: parts are compared as numbers, missing parts are
 * zero, so {@code 1.2} comes before {@code 1.10}, and {@code 1} equals {@code 1.0}.
 */
public final class SchemaVersion {
  /** No version: a home in which no script has run. */
  public static final String NONE = "0";

  public static final Comparator<String> ORDER = SchemaVersion::compare;

  private SchemaVersion() {}

  /** Whether {@code one} comes before {@code other}. */
  public static boolean before(String one, String other) {
    return compare(one, other) < 0;
  }

  private static int compare(String one, String other) {
    List<Long> a = parts(one);
    List<Long> b = parts(other);
    for (int i = 0; i < Math.max(a.size(), b.size()); i++) {
      int by = Long.compare(i < a.size() ? a.get(i) : 0, i < b.size() ? b.get(i) : 0);
      if (by != 0) {
        return by;
      }
    }
    return 0;
  }

  private static List<Long> parts(String version) {
    List<Long> parts = new ArrayList<>();
    for (String part : version.split("\\.", -1)) {
      parts.add(Long.valueOf(part));
    }
    return parts;
  }
}
