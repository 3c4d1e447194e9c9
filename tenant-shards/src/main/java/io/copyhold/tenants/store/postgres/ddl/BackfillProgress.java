package io.copyhold.tenants.store.postgres.ddl;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How far a backfill is; what the ledger in the home says, but for the last two.
 *
 * @param done rows written, over all attempts
 * @param skipped rows listed instead
 * @param expected rows of the table when it began, as the planner thinks
 * @param chunkRows of the next chunk
 * @param pass how many times the table has been begun, from 1
 * @param rowsPerSecond of this attempt; 0 when nothing is known yet
 * @param remaining at that pace; null when nothing is known
 */
public record BackfillProgress(
    boolean finished,
    long done,
    long skipped,
    long expected,
    int chunkRows,
    int pass,
    double rowsPerSecond,
    @Nullable Duration remaining) {}
