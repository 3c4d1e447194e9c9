package io.copyhold.tenants.store.postgres.ddl;

import java.time.Duration;
import java.util.List;

/**
 * What a change came to.
 *
 * @param already true when the catalog showed it before
 * @param attempts for the locks, from 1
 * @param waited from the first attempt to the one that got through; of an index, for others'
 *     transactions
 * @param blockers who was waited for, each once
 */
public record DdlResult(boolean already, int attempts, Duration waited, List<Blocker> blockers) {
  public DdlResult {
    blockers = List.copyOf(blockers);
  }
}
