package io.copyhold.chaos.fault;

import org.jspecify.annotations.Nullable;

/**
 * What one fault does to one link.
 *
 * @param source connections of this node alone; null for all of the link
 * @param refused connections are reset, and so is each new one
 * @param there what the one who connects sends
 * @param back what it gets
 */
record Bend(@Nullable String source, boolean refused, Shape there, Shape back) {
  boolean concerns(String node) {
    return source == null || source.equals(node);
  }
}
