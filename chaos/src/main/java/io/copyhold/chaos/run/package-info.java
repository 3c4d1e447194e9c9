/**
 * {@code copyhold chaos run}: an installation of its own, clients that use it, a nemesis that hurts
 * it, and at the end all checkers. It speaks to the cluster over HTTP, and reads the databases only
 * to judge.
 */
@NullMarked
package io.copyhold.chaos.run;

import org.jspecify.annotations.NullMarked;
