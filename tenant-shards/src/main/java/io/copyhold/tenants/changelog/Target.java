package io.copyhold.tenants.changelog;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A version of a changelog that a home is to have, with the way to it. Immutable by content: {@code
 * digest} names exactly one list of scripts, whatever becomes of the changelog.
 *
 * @param version the last of {@code versions}
 * @param versions all versions up to it, in order, at most {@value Changelog#VERSIONS_MAX}
 * @param poolable whether the scripts up to it are fit for shared tables
 * @param digest SHA-256 over the scripts up to it, 64 hexadecimal digits
 */
public record Target(
    String changelog, String version, List<String> versions, boolean poolable, String digest) {
  public Target {
    versions = versions == null ? List.of() : List.copyOf(versions);
  }

  /** The versions after {@code version}; all of them for {@link SchemaVersion#NONE}. */
  public List<String> after(String version) {
    return versions.stream().filter(v -> SchemaVersion.before(version, v)).toList();
  }

  /** The script's place in the changelog, from 1. */
  public int position(String version) {
    int at = versions.indexOf(version);
    if (at < 0) {
      throw new IllegalArgumentException(changelog + " has no version " + version);
    }
    return at + 1;
  }

  /**
   * What is wrong with it as part of a command; it is made by {@link Changelog#target}, not by
   * hand.
   */
  public static @Nullable String flaw(@Nullable Target target) {
    if (target == null
        || target.changelog() == null
        || target.version() == null
        || target.digest() == null) {
      return "the target version is missing";
    }
    if (target.versions().isEmpty() || !target.versions().getLast().equals(target.version())) {
      return "the target's versions do not end with " + target.version();
    }
    return null;
  }
}
