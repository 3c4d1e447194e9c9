/** A whole run, short, on real processes. Longer by -Dchaos.seconds. */
@NullMarked
package io.copyhold.chaos.run;

import org.jspecify.annotations.NullMarked;
