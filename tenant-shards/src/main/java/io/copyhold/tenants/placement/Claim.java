package io.copyhold.tenants.placement;

import io.copyhold.runtime.Problem;
import java.util.Optional;

/**
 * Who asks for a place, and for which life of theirs.
 *
 * @param holder {@code tenant/acme} or {@code pool/shared}
 * @param generation of the operation that asks; a later one is another claim
 * @param size places it takes, 1 to {@value #SIZE_MAX}
 */
public record Claim(String holder, long generation, int size) {
  public static final int SIZE_MAX = 1_000;

  Optional<Problem> flaw() {
    return holder == null
            || !holder.matches("[a-z]+/[a-z0-9-]{2,40}")
            || generation < 1
            || size < 1
            || size > SIZE_MAX
        ? Optional.of(
            Problem.invalid(
                    "claim-form",
                    "a claim names a holder, a generation and 1 to " + SIZE_MAX + " places")
                .at("claim")
                .todo("take it from the operation's input"))
        : Optional.empty();
  }

  boolean same(Claim other) {
    return holder.equals(other.holder) && generation == other.generation;
  }
}
