/** Three real nodes that lose one of themselves, each in its own way, while they are written to. */
@NullMarked
package io.copyhold.chaos.cluster;

import org.jspecify.annotations.NullMarked;
