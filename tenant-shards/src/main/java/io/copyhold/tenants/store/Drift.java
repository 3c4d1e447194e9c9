package io.copyhold.tenants.store;

import java.util.List;

/**
 * What somebody has changed in a home beside its changelog.
 *
 * @param known whether a shape is remembered: not in a home whose last migration stopped half-way
 * @param digest of the shape that it has now, 64 hexadecimal digits
 * @param added lines of what is there and was not, in order; a changed object has a line in both
 * @param removed lines of what was there and is not
 */
public record Drift(boolean known, String digest, List<String> added, List<String> removed) {
  public Drift {
    added = List.copyOf(added);
    removed = List.copyOf(removed);
  }

  public boolean none() {
    return added.isEmpty() && removed.isEmpty();
  }

  /** At most {@code lines} of them, each with its sign. */
  public List<String> lines(int lines) {
    return java.util.stream.Stream.concat(
            removed.stream().map(line -> "- " + line), added.stream().map(line -> "+ " + line))
        .limit(lines)
        .toList();
  }
}
