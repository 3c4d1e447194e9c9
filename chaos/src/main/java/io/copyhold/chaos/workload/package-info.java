/**
 * What is done with Copyhold: the sample application with its schema in versions and its seeded
 * rows, and clients that use the admin API at random. Clients write down what they asked and heard:
 * a history, for checkers to judge.
 */
@NullMarked
package io.copyhold.chaos.workload;

import org.jspecify.annotations.NullMarked;
