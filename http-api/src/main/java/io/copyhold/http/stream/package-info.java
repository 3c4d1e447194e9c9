/**
 * Watching over HTTP: server-sent events of what changes, filtered, resumable by offset, and
 * bounded so that a slow watcher harms nobody.
 */
@NullMarked
package io.copyhold.http.stream;

import org.jspecify.annotations.NullMarked;
