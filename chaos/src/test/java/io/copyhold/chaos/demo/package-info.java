/** The demo's story, small, with its findings asserted instead of printed. */
@NullMarked
package io.copyhold.chaos.demo;

import org.jspecify.annotations.NullMarked;
