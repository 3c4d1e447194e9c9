/**
 * An installation of one's own for the demo and the benchmarks: supervisor, databases and a node in
 * a directory. It is spoken to over HTTP, as an operator's script would.
 */
@NullMarked
package io.copyhold.chaos.installation;

import org.jspecify.annotations.NullMarked;
