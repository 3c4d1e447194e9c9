/**
 * The launcher script run as a person would, in a source tree of its own with JDKs that only look
 * like some.
 */
@NullMarked
package io.copyhold.chaos.launcher;

import org.jspecify.annotations.NullMarked;
