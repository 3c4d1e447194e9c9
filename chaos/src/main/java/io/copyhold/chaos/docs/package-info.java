/**
 * Pages of {@code docs/} that are written from the code, so that they cannot differ from it. {@code
 * ./copyhold docs} writes them, and a test compares them.
 */
@NullMarked
package io.copyhold.chaos.docs;

import org.jspecify.annotations.NullMarked;
