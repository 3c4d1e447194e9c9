/**
 * The node: the one place where everything is put together, and the main class of a node's process.
 * Nothing is decided here.
 */
@NullMarked
package io.copyhold.http.node;

import org.jspecify.annotations.NullMarked;
