package io.copyhold.tenants.store.postgres.ddl;

/** How an attempt at a backfill ended, when nothing went wrong. */
public sealed interface BackfillOutcome {
  BackfillProgress progress();

  /** Every row is done, or listed as skipped. */
  record Finished(BackfillProgress progress) implements BackfillOutcome {}

  /** It was told to stop between two chunks; running it again goes on there. */
  record Halted(BackfillProgress progress, String reason) implements BackfillOutcome {}
}
