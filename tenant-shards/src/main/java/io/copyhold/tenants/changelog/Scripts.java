package io.copyhold.tenants.changelog;

import io.copyhold.tenants.store.Script;
import java.util.List;
import java.util.Optional;

/** Port to the scripts behind a target, text included. Blocks. */
@FunctionalInterface
public interface Scripts {
  /**
   * The scripts up to the target's version, in order, proven to be what its digest names.
   *
   * @throws io.copyhold.runtime.ProblemException {@code scripts-changed} when they are something
   *     else, {@code UNAVAILABLE} when they cannot be had now
   */
  List<Script> upTo(Target target);

  /**
   * The way back from a version of the target, at that version's position; empty when the changelog
   * has none.
   */
  default Optional<Script> undo(Target target, String version) {
    return Optional.empty();
  }
}
