package io.copyhold.migration.rollout;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How far a wave has come: its checkpoint. It counts all homes of this wave and those before it, so
 * that what went wrong with an earlier one is in the sum. At most 16 KiB.
 *
 * @param cursors stores being worked on, and the last home taken from each
 * @param lastStore the highest store taken so far; null before the first
 * @param flying homes asked to migrate, not yet known to be there
 * @param asking whether those are asked next; otherwise more are taken
 * @param total homes of the whole selection
 * @param attempted homes that this rollout has brought to the version, or failed to
 * @param drifted homes that somebody changed beside their changelog
 * @param failedBefore failures that a person has accepted
 * @param attemptedBefore attempts when they were accepted
 * @param exceeded the failures since are more than the budget
 * @param probed homes of this very wave that have the version, for its health check
 */
record Front(
    List<Cursor> cursors,
    @Nullable String lastStore,
    List<Flight> flying,
    boolean asking,
    long total,
    long done,
    long failed,
    long skipped,
    long drifted,
    long attempted,
    long failedBefore,
    long attemptedBefore,
    boolean exceeded,
    List<Rollout.Sample> samples,
    List<Rollout.Cause> causes,
    List<String> probed) {
  static final int STORES_MAX = 32;

  record Cursor(String store, @Nullable String after) {}

  /**
   * @param wave the home belongs to
   * @param home {@code eu-1/schema/acme}, where a health check may ask it; else null
   */
  record Flight(String owner, String store, String wave, @Nullable String home) {}

  Front {
    cursors = List.copyOf(cursors);
    flying = List.copyOf(flying);
    samples = List.copyOf(samples);
    causes = List.copyOf(causes);
    probed = List.copyOf(probed);
  }

  static Front begin(long total) {
    return begin(total, 0, 0);
  }

  /** For the next wave: what has failed is accepted where a person said to go on. */
  Front next() {
    return begin(total, exceeded ? failed : failedBefore, exceeded ? attempted : attemptedBefore);
  }

  private static Front begin(long total, long failedBefore, long attemptedBefore) {
    return new Front(
        List.of(),
        null,
        List.of(),
        false,
        total,
        0,
        0,
        0,
        0,
        0,
        failedBefore,
        attemptedBefore,
        false,
        List.of(),
        List.of(),
        List.of());
  }

  Rollout.Result result() {
    return new Rollout.Result(
        done + failed + skipped + drifted,
        done,
        failed,
        skipped,
        samples,
        drifted,
        causes.stream().sorted(Comparator.comparingLong(Rollout.Cause::homes).reversed()).toList());
  }

  /** A front in the making. */
  static final class Builder {
    final List<Cursor> cursors;
    @Nullable String lastStore;
    final List<Flight> flying;
    private final Front before;
    long done;
    long skipped;
    long attempted;
    private long failed;
    private long drifted;
    boolean exceeded;
    private final List<Rollout.Sample> samples;
    private final List<Rollout.Cause> causes;
    private final List<String> probed;

    Builder(Front front) {
      before = front;
      cursors = new ArrayList<>(front.cursors);
      lastStore = front.lastStore;
      flying = new ArrayList<>(front.flying);
      done = front.done;
      failed = front.failed;
      skipped = front.skipped;
      drifted = front.drifted;
      attempted = front.attempted;
      exceeded = front.exceeded;
      samples = new ArrayList<>(front.samples);
      causes = new ArrayList<>(front.causes);
      probed = new ArrayList<>(front.probed);
    }

    void failed(String owner, String cause) {
      failed++;
      attempted++;
      sample(owner, cause);
      for (int i = 0; i < causes.size(); i++) {
        Rollout.Cause known = causes.get(i);
        if (known.cause().equals(cause)) {
          causes.set(i, new Rollout.Cause(cause, known.homes() + 1, known.example()));
          return;
        }
      }
      if (causes.size() < RolloutType.CAUSES_MAX) {
        causes.add(new Rollout.Cause(cause, 1, owner));
      }
    }

    void drifted(String owner, String cause) {
      drifted++;
      sample(owner, cause);
    }

    private void sample(String owner, String cause) {
      if (samples.size() < RolloutType.SAMPLES_MAX) {
        int colon = cause.indexOf(':');
        samples.add(new Rollout.Sample(owner, colon < 0 ? cause : cause.substring(0, colon)));
      }
    }

    void probe(@Nullable String home) {
      if (home != null && probed.size() < RolloutType.PROBED_MAX) {
        probed.add(home);
      }
    }

    long flyingAt(String store) {
      return flying.stream().filter(flight -> flight.store().equals(store)).count();
    }

    /** Whether too much has failed since a person last said to go on. */
    void judge(Rollout.Plan plan) {
      long failures = failed - before.failedBefore;
      long attempts = attempted - before.attemptedBefore;
      exceeded =
          exceeded
              || failures > plan.budget().of(before.total)
              || plan.rate() != null && plan.rate().exceeded(failures, attempts);
    }

    Front build(boolean asking) {
      return new Front(
          cursors,
          lastStore,
          flying,
          asking,
          before.total,
          done,
          failed,
          skipped,
          drifted,
          attempted,
          before.failedBefore,
          before.attemptedBefore,
          exceeded,
          samples,
          causes,
          probed);
    }
  }
}
