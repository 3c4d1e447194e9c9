/** The sample application on a real server in each isolation strategy. */
@NullMarked
package io.copyhold.chaos.workload;

import org.jspecify.annotations.NullMarked;
