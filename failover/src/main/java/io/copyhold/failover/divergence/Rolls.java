package io.copyhold.failover.divergence;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.journal.Timelines;
import io.copyhold.tenants.divergence.Evidence;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.pool.PoolType;
import io.copyhold.tenants.store.HomeRecord;
import io.copyhold.tenants.tenant.TenantType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What all stores that could be reached say of all homes, sorted by owner.
 *
 * @param homes by owner, those that are gone included
 * @param attempts how many attempts of each operation the journal has from before the timeline
 */
record Rolls(long timeline, Map<EntityRef, List<HomeRecord>> homes, Map<EntityRef, Long> attempts) {
  /** Keys in one query. */
  private static final int OPERATIONS_MAX = 1_000;

  private static final Set<String> MAKING = Set.of("provision", "adopt", "create");

  static Rolls of(long timeline, List<HomeRecord> all, Timelines timelines) {
    Map<EntityRef, List<HomeRecord>> homes = new HashMap<>();
    Set<EntityRef> operations = new LinkedHashSet<>();
    for (HomeRecord home : all) {
      owners(home).forEach(owner -> homes.computeIfAbsent(owner, _ -> new ArrayList<>()).add(home));
      home.traces().forEach(trace -> operations.add(EntityRef.parse(trace.operation())));
    }
    Map<EntityRef, Long> attempts = new HashMap<>();
    List<EntityRef> list = List.copyOf(operations);
    for (int from = 0; from < list.size(); from += OPERATIONS_MAX) {
      attempts.putAll(
          timelines.attempts(
              list.subList(from, Math.min(list.size(), from + OPERATIONS_MAX)), timeline));
    }
    return new Rolls(timeline, homes, attempts);
  }

  /** Whoever has something in a home: in a pool it and its members, else the one tenant. */
  private static Set<EntityRef> owners(HomeRecord home) {
    Set<EntityRef> owners = new LinkedHashSet<>();
    home.members().forEach(member -> owners.add(TenantType.ref(member.tenant())));
    home.traces().forEach(trace -> owners.add(EntityRef.parse(trace.owner())));
    if (home.home().isolation() == Isolation.POOL) {
      owners.add(PoolType.ref(home.home().name()));
    }
    return owners;
  }

  List<HomeRecord> of(EntityRef owner) {
    return homes.getOrDefault(owner, List.of());
  }

  Evidence evidence(EntityRef owner) {
    List<Evidence.Seen> seen = new ArrayList<>();
    Set<String> unknown = new TreeSet<>();
    int serial = 0;
    int birth = 0;
    for (HomeRecord home : of(owner)) {
      Optional<HomeRecord.Member> member = member(home, owner);
      if (home.ready() && lives(home, owner, member.isPresent())) {
        seen.add(
            new Evidence.Seen(
                home.home(),
                home.changelog(),
                home.version(),
                pooled(home, owner)
                    ? member.map(HomeRecord.Member::epoch).orElse(1L)
                    : home.epoch(),
                home.adopted(),
                member.map(HomeRecord.Member::suspended).orElse(false)));
      }
      long line =
          pooled(home, owner)
              ? member.map(HomeRecord.Member::timeline).orElse(home.timeline())
              : home.timeline();
      for (HomeRecord.Trace trace : home.traces()) {
        if (!trace.owner().equals(owner.toString())) {
          continue;
        }
        EntityRef operation = EntityRef.parse(trace.operation());
        String name = operation.id().substring(owner.toString().length() + 1); // migrate/3
        int number = number(name);
        serial = Math.max(serial, number);
        if (MAKING.contains(name.substring(0, Math.max(0, name.indexOf('/'))))) {
          birth = Math.max(birth, number);
        }
        // what is older was compared before; what is newer belongs to this timeline
        if (trace.term() > line
            && trace.term() <= timeline
            && trace.attempt() > attempts.getOrDefault(operation, 0L)) {
          unknown.add(name);
        }
      }
    }
    return new Evidence(
        owner.toString(),
        timeline,
        seen.stream().limit(Evidence.HOMES_MAX).toList(),
        unknown.stream().limit(Evidence.UNKNOWN_MAX).toList(),
        serial,
        birth);
  }

  /** A tenant is a guest in a pool; a pool, and a tenant with a home of its own, are at home. */
  private static boolean pooled(HomeRecord home, EntityRef owner) {
    return home.home().isolation() == Isolation.POOL
        && owner.type().equals(TenantType.ref("any").type());
  }

  private static boolean lives(HomeRecord home, EntityRef owner, boolean member) {
    return member
        || !pooled(home, owner) && home.members().isEmpty()
        || owner.equals(PoolType.ref(home.home().name()))
            && home.home().isolation() == Isolation.POOL;
  }

  static Optional<HomeRecord.Member> member(HomeRecord home, EntityRef owner) {
    return home.members().stream()
        .filter(member -> TenantType.ref(member.tenant()).equals(owner))
        .findFirst();
  }

  private static int number(String name) {
    String last = name.substring(name.lastIndexOf('/') + 1);
    return last.matches("[0-9]{1,9}") ? Integer.parseInt(last) : 0;
  }

  /**
   * As whom an owner is written down in a home.
   *
   * @return the tenant where it is a member of a pool, else null
   */
  static @Nullable String memberOf(HomeRecord home, EntityRef owner) {
    return pooled(home, owner) ? owner.id() : null;
  }
}
