/**
 * What is read across entities: the directory (list, search, count) and the stream of changes. Both
 * are built from the feed and can be thrown away at any time; the journal alone is the truth.
 */
@NullMarked
package io.copyhold.runtime.view;

import org.jspecify.annotations.NullMarked;
