/**
 * Checkers are shown to find what is planted: histories and journals that are wrong in one place.
 * And to accept what is right.
 */
@NullMarked
package io.copyhold.chaos.checker;

import org.jspecify.annotations.NullMarked;
