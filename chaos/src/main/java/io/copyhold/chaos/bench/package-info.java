/**
 * Benchmarks: ratios against a named peer in the same run, each ending in one line {@code RESULT
 * NAME key=number …}. Started by {@code copyhold bench NAME}.
 */
@NullMarked
package io.copyhold.chaos.bench;

import org.jspecify.annotations.NullMarked;
