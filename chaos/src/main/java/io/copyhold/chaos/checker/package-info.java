/**
 * Judges a history: each checker holds what clients heard against the journal, the agenda or the
 * stores, and names what cannot be. All but the readers of databases are pure; none trusts what
 * another found.
 */
@NullMarked
package io.copyhold.chaos.checker;

import org.jspecify.annotations.NullMarked;
