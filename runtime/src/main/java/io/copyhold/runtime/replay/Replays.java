package io.copyhold.runtime.replay;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.entity.EntityType;
import io.copyhold.runtime.entity.EntityTypes;
import io.copyhold.runtime.entity.Recordings;
import io.copyhold.runtime.entity.Recordings.Recorded;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Drives the events of one entity and of its operations into a shadow, in the order in which they
 * happened. An operation's events are read from the moment the shadow wants it, page by page, so
 * memory does not grow with the length of the past. Blocks; each call has its own shadow.
 */
@PortAdapter
public final class Replays {
  private static final int PAGE = 500;

  /** Longer silences of the past are shortened to this, so that a paced replay moves. */
  private static final Duration PAUSE_MAX = Duration.ofSeconds(10);

  /** A journal that does not answer within this is away. */
  private static final Duration READ_MAX = Duration.ofSeconds(30);

  private final Recordings recordings;
  private final EntityTypes types;
  private final ReplayOffsets offsets;

  public Replays(Recordings recordings, EntityTypes types, ReplayOffsets offsets) {
    this.recordings = recordings;
    this.types = types;
    this.offsets = offsets;
  }

  /** One entity's events, read ahead. */
  private final class Track {
    private final EntityRef entity;
    private final ArrayDeque<Recorded> ahead = new ArrayDeque<>();
    private long next = 1;
    private boolean read;

    Track(EntityRef entity) {
      this.entity = entity;
    }

    @Nullable Recorded peek() throws InterruptedException {
      if (ahead.isEmpty() && !read) {
        try {
          ahead.addAll(
              recordings
                  .recorded(entity, next, PAGE)
                  .toCompletableFuture()
                  .get(READ_MAX.toMillis(), TimeUnit.MILLISECONDS));
        } catch (ExecutionException | TimeoutException e) {
          throw new io.copyhold.runtime.ProblemException(
              io.copyhold.runtime.Problem.unavailable(
                  "journal-unavailable", "the journal does not answer"),
              e);
        }
        read = ahead.size() < PAGE;
        if (!ahead.isEmpty()) {
          next = ahead.getLast().version() + 1;
        }
      }
      return ahead.peek();
    }
  }

  /**
   * Drives until the stop point, the end, or the time is up; the place reached is kept.
   *
   * @throws io.copyhold.runtime.ProblemException the journal does not answer
   */
  public ReplayReport run(ReplayPlan plan) throws InterruptedException {
    return run(plan, types.get(plan.entity().type()));
  }

  private <S, C, E> ReplayReport run(ReplayPlan plan, EntityType<S, C, E> type)
      throws InterruptedException {
    long resumeAt = plan.resume() ? offsets.load(plan.entity(), plan.name()) : 0;
    long end = System.nanoTime() + plan.timeMax().toNanos();
    Shadow<S, C, E> shadow = new Shadow<>(type, plan.entity(), types.codec());
    Map<EntityRef, Track> tracks = new LinkedHashMap<>();
    tracks.put(plan.entity(), new Track(plan.entity()));
    Instant before = null;
    boolean done = false;
    while (!done) {
      Recorded next = earliest(tracks);
      if (next == null || after(plan, next)) {
        done = true;
      } else {
        Duration pause =
            plan.speed() > 0 && before != null && shadow.version() >= resumeAt
                ? pause(before, next.stored().at(), plan.speed())
                : Duration.ZERO;
        if (System.nanoTime() + pause.toNanos() > end && shadow.version() > resumeAt) {
          break;
        }
        TimeUnit.NANOSECONDS.sleep(pause.toNanos());
        Track track = tracks.get(next.entity());
        if (track != null) {
          track.ahead.poll();
        }
        shadow.drive(next);
        before = next.stored().at();
        for (EntityRef operation : shadow.wanted()) {
          tracks.computeIfAbsent(operation, Track::new);
        }
        done = plan.toVersion() != null && shadow.version() >= plan.toVersion();
      }
    }
    offsets.keep(plan.entity(), plan.name(), shadow.version());
    return shadow.report(done);
  }

  private static boolean after(ReplayPlan plan, Recorded next) {
    return plan.toTime() != null && next.stored().at().isAfter(plan.toTime());
  }

  private static Duration pause(Instant before, Instant at, double speed) {
    Duration gap = Duration.between(before, at);
    if (gap.isNegative()) {
      return Duration.ZERO;
    }
    Duration pause = Duration.ofNanos((long) (gap.toNanos() / speed));
    return pause.compareTo(PAUSE_MAX) > 0 ? PAUSE_MAX : pause;
  }

  /** Of two that happened at the same time, the operation's: it is the cause. */
  private @Nullable Recorded earliest(Map<EntityRef, Track> tracks) throws InterruptedException {
    Recorded first = null;
    for (Track track : tracks.values()) {
      Recorded head = track.peek();
      if (head != null
          && (first == null
              || head.stored().at().isBefore(first.stored().at())
              || (head.stored().at().equals(first.stored().at())
                  && first.entity().equals(tracks.keySet().iterator().next())))) {
        first = head;
      }
    }
    return first;
  }
}
