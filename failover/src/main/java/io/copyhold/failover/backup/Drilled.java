package io.copyhold.failover.backup;

import java.time.Instant;

/**
 * What came of a drill that went well.
 *
 * @param backup which one was brought to life
 * @param at when it began
 * @param recoveredMs until the restored server answered: the time that a restore would take
 * @param behindMs how old the newest restored event was when the drill began: what a restore would
 *     lose
 * @param events read and decoded
 * @param liveEvents in the live journal when the drill began
 */
public record Drilled(
    String backup, Instant at, long recoveredMs, long behindMs, long events, long liveEvents) {}
