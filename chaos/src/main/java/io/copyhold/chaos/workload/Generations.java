package io.copyhold.chaos.workload;

import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Tenants' settings that are used for a while and then replaced by another of the next generation:
 * so the history of one of them stays short enough to be searched for an order of its calls.
 */
final class Generations {
  /** Whoever still waits for an answer of so old a generation has given up by now. */
  private static final int FORGOTTEN_AFTER = 8;

  /**
   * One use of one setting.
   *
   * @param forgotten a setting of long ago that may go now, or null
   */
  record Use(String tenant, String register, @Nullable String forgotten) {}

  private record Slot(String tenant, AtomicLong uses) {}

  private final String stem;
  private final int usesMax;
  private final List<Slot> slots;

  /**
   * @param stem {@code x-register}
   * @param usesMax of one setting
   */
  Generations(String stem, int usesMax, List<String> tenants) {
    this.stem = stem;
    this.usesMax = usesMax;
    this.slots = tenants.stream().map(tenant -> new Slot(tenant, new AtomicLong())).toList();
  }

  /** The next use of any of them. */
  Use next(RandomGenerator random) {
    Slot slot = slots.get(random.nextInt(slots.size()));
    long generation = slot.uses().getAndIncrement() / usesMax;
    long old = generation - FORGOTTEN_AFTER;
    return new Use(slot.tenant(), name(generation), old < 0 ? null : name(old));
  }

  private String name(long generation) {
    return stem + "." + generation;
  }
}
