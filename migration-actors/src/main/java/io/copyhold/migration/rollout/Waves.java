package io.copyhold.migration.rollout;

import io.copyhold.migration.rollout.Rollout.Plan;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.entity.Digest;
import io.copyhold.tenants.placement.Homes;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * Which wave a home belongs to: the first that reaches it, else the rest. Shares and numbers go by
 * rank, which a home keeps from rollout to rollout. Pure, but for {@link #each}.
 *
 * @param cuts for each wave of a share or a number the highest rank it reaches; else -1
 */
record Waves(Plan plan, List<Long> cuts) {
  static final String REST = "wave-rest";

  /** Of {@link #rank}: eight hexadecimal digits. */
  private static final int RANK_DIGITS = 8;

  Waves {
    cuts = List.copyOf(cuts);
  }

  /** All waves' names, in order. */
  static List<String> names(Plan plan) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i <= plan.waves().size(); i++) {
      names.add(name(plan, i));
    }
    return names;
  }

  static String name(Plan plan, int index) {
    return index == plan.waves().size() ? REST : "wave-" + (index + 1);
  }

  int of(Homes.Entry home) {
    long rank = rank(home.owner());
    for (int i = 0; i < plan.waves().size(); i++) {
      boolean reached =
          switch (plan.waves().get(i)) {
            case Rollout.Matching(var selector) -> selector.takes(home);
            case Rollout.Size _ -> rank <= cuts.get(i);
          };
      if (reached) {
        return i;
      }
    }
    return plan.waves().size();
  }

  /** Where the home stands in the order of all homes, as if shuffled once and for ever. */
  static long rank(EntityRef owner) {
    String digest = Digest.of(owner.toString().getBytes(StandardCharsets.UTF_8));
    return Long.parseLong(digest.substring(0, RANK_DIGITS), 16);
  }

  /** Every selected home, page by page; blocks. */
  static void each(Homes homes, Plan plan, Consumer<Homes.Entry> seen) {
    String changelog = plan.target().changelog();
    for (Homes.StoreCount store : homes.stores(changelog, plan.selector())) {
      String after = null;
      List<Homes.Entry> page;
      do {
        page = homes.page(changelog, plan.selector(), store.store(), after, Homes.PAGE_MAX);
        page.forEach(seen);
        after = page.isEmpty() ? after : page.getLast().owner().toString();
      } while (page.size() == Homes.PAGE_MAX);
    }
  }

  /** Counts homes, so as to know how far a share reaches; 8 bytes for each. */
  static final class Census {
    private long[] ranks = new long[Homes.PAGE_MAX];
    private int total;

    void add(Homes.Entry home) {
      if (total == ranks.length) {
        ranks = Arrays.copyOf(ranks, 2 * total);
      }
      ranks[total++] = rank(home.owner());
    }

    int total() {
      return total;
    }

    Waves waves(Plan plan) {
      long[] sorted = Arrays.copyOf(ranks, total);
      Arrays.sort(sorted);
      List<Long> cuts = new ArrayList<>();
      for (Rollout.Reach wave : plan.waves()) {
        int homes = wave instanceof Rollout.Size size ? (int) size.of(total) : 0;
        cuts.add(homes == 0 ? -1L : sorted[homes - 1]);
      }
      return new Waves(plan, cuts);
    }
  }
}
