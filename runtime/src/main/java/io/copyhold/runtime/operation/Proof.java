package io.copyhold.runtime.operation;

/**
 * Whether what an operation waits for can come, as far as somebody looked.
 *
 * @param kind of the wait reason, as {@link Explanation} names it, or {@code wake-up}: the agenda
 *     row that would bring the operation back
 * @param holds false when what it waits for cannot come
 * @param text what was seen
 */
public record Proof(String kind, boolean holds, String text) {}
