/**
 * Secrets by reference: passwords and keys that events, settings and logs only name. The default
 * store seals them under a key file that never enters the database.
 */
@NullMarked
package io.copyhold.config.secret;

import org.jspecify.annotations.NullMarked;
