package io.copyhold.failover.backup;

import java.time.Instant;
import java.util.List;

/**
 * A backup of the control database.
 *
 * @param id by the time it began: {@code 20261121T120000Z}
 * @param at when it began, by the node's clock
 * @param tookMs until it was verified
 * @param bytes on disk
 * @param files compared with their checksums
 * @param server system identifier and timeline that it was taken from
 * @param start position of the log from which it is recovered
 * @param end position from which on it is consistent
 * @param events in the journal when it began, one number per slice: it has at least these
 * @param timeline of the control plane
 */
public record Taken(
    String id,
    Instant at,
    long tookMs,
    long bytes,
    int files,
    String server,
    String start,
    String end,
    List<Long> events,
    long timeline) {
  public Taken {
    events = List.copyOf(events);
  }

  public long eventsTotal() {
    return events.stream().mapToLong(Long::longValue).sum();
  }
}
