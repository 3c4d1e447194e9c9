package io.copyhold.http.auth;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.ConsumptionProbe;
import io.github.bucket4j.TimeMeter;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/** A token bucket for each caller on this node. */
public final class RateLimits {
  private static final int CALLERS_MAX = 100_000;

  private final Cache<String, Bucket> buckets;
  private final TimeMeter meter;
  private final int burst;
  private final int perSecond;

  /**
   * @param burst requests that may come at once
   * @param perSecond requests for good
   */
  public RateLimits(InstantSource clock, int burst, int perSecond) {
    this.burst = burst;
    this.perSecond = perSecond;
    this.meter = new Meter(clock);
    this.buckets =
        Caffeine.newBuilder()
            .maximumSize(CALLERS_MAX)
            .ticker(() -> nanos(clock.instant()))
            .expireAfterAccess(Duration.ofMinutes(10))
            .build();
  }

  /** Null when the request may go on; otherwise how long to wait. */
  public @Nullable Duration take(String caller) {
    ConsumptionProbe probe = bucket(caller).tryConsumeAndReturnRemaining(1);
    return probe.isConsumed() ? null : Duration.ofNanos(probe.getNanosToWaitForRefill());
  }

  /** Whether {@link #take} would refuse now; takes nothing. */
  public @Nullable Duration peek(String caller) {
    var estimate = bucket(caller).estimateAbilityToConsume(1);
    return estimate.canBeConsumed() ? null : Duration.ofNanos(estimate.getNanosToWaitForRefill());
  }

  private Bucket bucket(String caller) {
    return buckets.get(
        caller,
        _ ->
            Bucket.builder()
                .addLimit(
                    limit -> limit.capacity(burst).refillGreedy(perSecond, Duration.ofSeconds(1)))
                .withCustomTimePrecision(meter)
                .build());
  }

  private static long nanos(Instant at) {
    return at.getEpochSecond() * 1_000_000_000L + at.getNano();
  }

  private record Meter(InstantSource clock) implements TimeMeter {
    @Override
    public long currentTimeNanos() {
      return nanos(clock.instant());
    }

    @Override
    public boolean isWallClockBased() {
      return true;
    }
  }
}
