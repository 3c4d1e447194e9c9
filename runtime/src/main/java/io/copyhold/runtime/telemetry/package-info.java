/**
 * Traces, metrics and logs, emitted in one place by the shell and the engine. Span names and labels
 * hold names of types and steps, attributes hold ids, and nothing holds payloads.
 */
@NullMarked
package io.copyhold.runtime.telemetry;

import org.jspecify.annotations.NullMarked;
