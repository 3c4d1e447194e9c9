package io.copyhold.tenants.placement;

import java.time.Duration;

/**
 * What a home-to-be asks of a store, or a member-to-be of a pool. Each is safe to repeat, and in
 * any order: what was withdrawn before it was asked for is not granted afterwards.
 */
public sealed interface PlaceRequest {
  Claim claim();

  /** A place, held for a while unless confirmed. */
  record Reserve(Claim claim, Duration hold) implements PlaceRequest {}

  /** The reserved place, for good. */
  record Confirm(Claim claim) implements PlaceRequest {}

  /** Takes back a {@link Reserve} or {@link Confirm}, or makes it never happen. */
  record Withdraw(Claim claim) implements PlaceRequest {}

  /** Gives up a place that was confirmed, perhaps long ago. */
  record Release(Claim claim) implements PlaceRequest {}
}
