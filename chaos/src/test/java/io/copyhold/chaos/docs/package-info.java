/**
 * Holds the generated pages against the code they are made from, and the page itself against small
 * examples.
 */
@NullMarked
package io.copyhold.chaos.docs;

import org.jspecify.annotations.NullMarked;
