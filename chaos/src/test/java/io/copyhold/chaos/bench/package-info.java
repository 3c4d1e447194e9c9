/** The benchmarks run, in a tiny size, and end as they should. How fast is not asked here. */
@NullMarked
package io.copyhold.chaos.bench;

import org.jspecify.annotations.NullMarked;
