/**
 * How the outside speaks to Copyhold: the admin API, the console and the command line. The node's
 * main class lives below and wires all modules into one process.
 */
@NullMarked
package io.copyhold.http;

import org.jspecify.annotations.NullMarked;
