/**
 * The due-work index: rows that say which entity must wake when. A row is durable before the event
 * that makes it necessary and goes only after the event that makes it unneeded.
 */
@NullMarked
package io.copyhold.runtime.agenda;

import org.jspecify.annotations.NullMarked;
