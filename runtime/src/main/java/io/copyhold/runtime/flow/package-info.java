/**
 * How work flows with limits: many small requests gathered into few large ones. Knows nothing of
 * what flows.
 */
@NullMarked
package io.copyhold.runtime.flow;

import org.jspecify.annotations.NullMarked;
