/**
 * Many nodes in one thread: virtual time, a seeded order of events, and ports to a network, a
 * journal, an agenda and an ownership that misbehave on purpose. The same seed gives the same run.
 */
@NullMarked
package io.copyhold.chaos.simulation;

import org.jspecify.annotations.NullMarked;
