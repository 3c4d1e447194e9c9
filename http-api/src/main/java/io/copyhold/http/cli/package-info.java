/**
 * The command line: what a person or a script types, mapped to the admin API. It starts and stops a
 * local node too, but holds no rule of its own.
 */
@NullMarked
package io.copyhold.http.cli;

import org.jspecify.annotations.NullMarked;
