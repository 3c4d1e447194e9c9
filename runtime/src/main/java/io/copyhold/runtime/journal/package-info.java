/**
 * How things are stored: the table of stable names, CBOR payloads with upcasters, and the feed that
 * follows all events. Everything here is a promise: an event, once released, is read for ever.
 */
@NullMarked
package io.copyhold.runtime.journal;

import org.jspecify.annotations.NullMarked;
