/**
 * Each fault begins, does what it says, and ends: by itself, on request, and when its agent has
 * died. Real sockets and real processes.
 */
@NullMarked
package io.copyhold.chaos.fault;

import org.jspecify.annotations.NullMarked;
