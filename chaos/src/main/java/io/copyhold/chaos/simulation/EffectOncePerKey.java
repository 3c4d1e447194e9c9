package io.copyhold.chaos.simulation;

import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A step changes a store once, however often it is attempted. */
final class EffectOncePerKey implements Invariant {
  private final Set<Happening.Effected> seen = new HashSet<>();

  @Override
  public @Nullable String violatedBy(Happening happening) {
    return happening instanceof Happening.Effected effect && !seen.add(effect)
        ? "%s: \"%s\" happened twice under the key %s"
            .formatted(effect.home(), effect.what(), effect.key())
        : null;
  }
}
