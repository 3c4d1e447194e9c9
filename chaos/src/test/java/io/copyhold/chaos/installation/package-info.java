/** The directory that demo and benchmarks work in. */
@NullMarked
package io.copyhold.chaos.installation;

import org.jspecify.annotations.NullMarked;
