/**
 * Faults that can be injected into a running installation, and the agent that injects them: a
 * process of its own that writes down how to undo each fault before it begins, lifts it when its
 * lease runs out, and watches from outside what the fault does.
 */
@NullMarked
package io.copyhold.chaos.fault;

import org.jspecify.annotations.NullMarked;
