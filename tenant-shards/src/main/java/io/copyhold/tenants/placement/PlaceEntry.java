package io.copyhold.tenants.placement;

import java.time.Instant;

/** What came of a {@link PlaceRequest}; part of journaled events. */
public sealed interface PlaceEntry {
  record Reserved(Claim claim, Instant until) implements PlaceEntry {}

  record Confirmed(Claim claim) implements PlaceEntry {}

  /**
   * @param held it was confirmed, and is counted no more
   */
  record Ended(Claim claim, boolean held) implements PlaceEntry {}
}
