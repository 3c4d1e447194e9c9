/**
 * Experiments, fault injection, checkers, simulation and benchmarks that prove the rest survives.
 * It sees every module; nothing depends on it.
 */
@NullMarked
package io.copyhold.chaos;

import org.jspecify.annotations.NullMarked;
