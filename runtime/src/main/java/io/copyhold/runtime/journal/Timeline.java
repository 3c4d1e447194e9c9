package io.copyhold.runtime.journal;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A past of the control database. A new one begins when the database is found on another server
 * than before: restored from a backup, or on a standby that was promoted. What was acknowledged
 * before may then be missing.
 *
 * @param floor names it: terms up to it may have been given out before it began; 0 for the first
 * @param server system identifier and server timeline on which it began
 * @param reason {@code begun}, {@code server-changed} or {@code asked-for}
 * @param verified when every owner had been compared with its home; null before
 */
public record Timeline(
    long floor, String server, String reason, Instant since, @Nullable Instant verified) {}
