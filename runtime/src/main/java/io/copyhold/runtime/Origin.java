package io.copyhold.runtime;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where a command comes from. It travels with the command and stands beside every event the command
 * causes.
 *
 * @param principal who asked: {@code token:ci}, {@code operation:tenant/acme/provision/1}, {@code
 *     system}
 * @param traceparent W3C trace context of the request, or null
 * @param idempotencyKey at most 128 characters; the same key again gets the first answer
 * @param expectedVersion the version the caller has seen; another one refuses the command
 */
public record Origin(
    String principal,
    @Nullable String traceparent,
    @Nullable String idempotencyKey,
    @Nullable Long expectedVersion) {
  /** The platform itself: alarms, housekeeping. */
  public static final Origin SYSTEM = of("system");

  public Origin {
    Objects.requireNonNull(principal, "principal");
    if (idempotencyKey != null && (idempotencyKey.isEmpty() || idempotencyKey.length() > 128)) {
      throw new ProblemException(
          Problem.of(
                  Problem.Kind.MALFORMED,
                  "idempotency-key-length",
                  "an idempotency key has 1 to 128 characters")
              .at("Idempotency-Key"));
    }
  }

  public static Origin of(String principal) {
    return new Origin(principal, null, null, null);
  }

  public Origin withKey(@Nullable String key) {
    return new Origin(principal, traceparent, key, expectedVersion);
  }

  public Origin withTraceparent(@Nullable String context) {
    return new Origin(principal, context, idempotencyKey, expectedVersion);
  }

  public Origin withExpectedVersion(@Nullable Long version) {
    return new Origin(principal, traceparent, idempotencyKey, version);
  }
}
