/**
 * Plugins: the interface they see, their registry and the sandbox they run in. It knows no tenant;
 * whoever runs a plugin hands it what it may touch.
 */
@NullMarked
package io.copyhold.plugin;

import org.jspecify.annotations.NullMarked;
