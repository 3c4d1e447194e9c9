package io.copyhold.tenants.store;

import java.time.Instant;

/**
 * One script that a home has seen.
 *
 * @param position see {@link Script#position}
 * @param checksum SHA-256, hexadecimal; empty for a baseline
 * @param key of the step that applied it
 * @param at by the server's clock
 * @param baseline true when nothing ran: an adopted home began here
 */
public record LedgerRow(
    int position,
    String version,
    String file,
    String checksum,
    String key,
    Instant at,
    long millis,
    boolean baseline) {}
