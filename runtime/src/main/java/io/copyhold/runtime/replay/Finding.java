package io.copyhold.runtime.replay;

import io.copyhold.runtime.EntityRef;

/**
 * Where the past, driven again, comes out otherwise than it did.
 *
 * @param entity whose event it is
 * @param version of that event
 * @param kind {@code not-foldable}, {@code decided-otherwise}, {@code refused-now}, {@code
 *     summary-differs}
 * @param text what was recorded and what comes out now; names and problems, never payloads
 */
public record Finding(EntityRef entity, long version, String kind, String text) {}
