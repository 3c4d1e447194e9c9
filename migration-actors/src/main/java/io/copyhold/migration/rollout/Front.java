package io.copyhold.migration.rollout;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How far a rollout has come: the checkpoint of a wave, and what it hands to the next one. At most
 * 16 KiB.
 *
 * @param cursors stores being worked on, and the last home taken from each
 * @param lastStore the highest store taken so far; null before the first
 * @param flying homes asked to migrate, not yet known to be there
 * @param asking whether those are asked next; otherwise more are taken
 * @param failedBefore failures that a person has accepted
 * @param exceeded the failures since are more than the budget
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
    long failedBefore,
    boolean exceeded,
    List<Rollout.Sample> samples) {
  static final int STORES_MAX = 32;

  record Cursor(String store, @Nullable String after) {}

  record Flight(String owner, String store) {}

  Front {
    cursors = List.copyOf(cursors);
    flying = List.copyOf(flying);
    samples = List.copyOf(samples);
  }

  static Front begin(long total) {
    return new Front(List.of(), null, List.of(), false, total, 0, 0, 0, 0, false, List.of());
  }

  /** For the next wave: what has failed is accepted where a person said to go on. */
  Front next() {
    return new Front(
        cursors,
        lastStore,
        flying,
        false,
        total,
        done,
        failed,
        skipped,
        exceeded ? failed : failedBefore,
        false,
        samples);
  }

  /** The same, from the first home on. */
  Front again() {
    return new Front(List.of(), null, List.of(), false, total, 0, 0, 0, 0, false, List.of());
  }

  /** A front in the making. */
  static final class Builder {
    final List<Cursor> cursors;
    @Nullable String lastStore;
    final List<Flight> flying;
    final long total;
    long done;
    long failed;
    long skipped;
    final long failedBefore;
    boolean exceeded;
    final List<Rollout.Sample> samples;

    Builder(Front front) {
      cursors = new ArrayList<>(front.cursors);
      lastStore = front.lastStore;
      flying = new ArrayList<>(front.flying);
      total = front.total;
      done = front.done;
      failed = front.failed;
      skipped = front.skipped;
      failedBefore = front.failedBefore;
      exceeded = front.exceeded;
      samples = new ArrayList<>(front.samples);
    }

    void failed(String owner, String problem) {
      failed++;
      if (samples.size() < RolloutType.SAMPLES_MAX) {
        samples.add(new Rollout.Sample(owner, problem));
      }
    }

    long flyingAt(String store) {
      return flying.stream().filter(flight -> flight.store().equals(store)).count();
    }

    /** Homes of the waves so far. */
    long taken() {
      return done + failed + flying.size();
    }

    Front build(boolean asking) {
      return new Front(
          cursors,
          lastStore,
          flying,
          asking,
          total,
          done,
          failed,
          skipped,
          failedBefore,
          exceeded,
          samples);
    }
  }
}
