package io.copyhold.chaos.experiment;

import io.copyhold.chaos.fault.Fault;
import io.copyhold.chaos.fault.FaultAgent.Reach;
import io.copyhold.runtime.Problem;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a plan would hit if it ran now.
 *
 * @param tenants how many tenants live in stores that would be hit
 * @param tenantSamples the first of them
 * @param outside tenants that would be hit and are not within the radius, the first of them
 * @param obstacles why it cannot run now
 */
record Preview(
    List<String> nodes,
    List<String> stores,
    boolean journal,
    long tenants,
    List<String> tenantSamples,
    List<String> outside,
    List<Problem> obstacles) {
  private static final int SAMPLES_MAX = 20;
  private static final String JOURNAL = "journal";

  static Preview of(Plan plan, Reach reach, Tenants tenants) throws InterruptedException {
    Set<String> nodes = new TreeSet<>();
    Set<String> stores = new TreeSet<>();
    boolean journal = false;
    List<Problem> obstacles = new ArrayList<>();
    for (Plan.Planned planned : plan.faults()) {
      for (String target : planned.fault().targets()) {
        if (target.equals(JOURNAL)) {
          journal = true;
        } else if (Fault.isNode(target)) {
          nodes.add(target);
        } else {
          stores.add(target);
        }
      }
      need(planned.fault()).stream()
          .filter(end -> !reach.links().contains(end))
          .map(end ->
              Problem.conflict("no-relay", "no relay leads to " + end)
                  .at(end)
                  .todo("start the installation with --relays; relays lead to " + reach.links()))
          .forEach(obstacles::add);
    }
    nodes.stream()
        .filter(node -> !reach.nodes().contains(node))
        .map(node ->
            Problem.conflict("node-unknown", "there is no node " + node)
                .at(node)
                .todo("the nodes of this installation are " + reach.nodes()))
        .forEach(obstacles::add);
    Tenants.Found hit =
        stores.isEmpty() ? new Tenants.Found(0, List.of()) : tenants.in(stores, List.of());
    List<String> outside = outside(plan, stores, hit, tenants);
    if (!outside.isEmpty()) {
      obstacles.add(
          Problem.conflict("beyond-radius", "tenants would be hit that are not within the radius")
              .at(String.join(", ", outside))
              .todo("add them to the radius, or choose another store"));
    }
    if (hit.total() > plan.radius().tenantsMax()) {
      obstacles.add(
          Problem.conflict(
                  "beyond-radius",
                  hit.total()
                      + " tenants would be hit, the radius allows "
                      + plan.radius().tenantsMax())
              .at("radius.tenantsMax")
              .todo("raise it, or choose another store"));
    }
    return new Preview(
        List.copyOf(nodes),
        List.copyOf(stores),
        journal,
        hit.total(),
        hit.ids().stream().limit(SAMPLES_MAX).toList(),
        outside,
        obstacles);
  }

  Optional<Problem> obstacle() {
    return obstacles.stream().findFirst();
  }

  private static List<String> outside(
      Plan plan, Set<String> stores, Tenants.Found hit, Tenants tenants)
      throws InterruptedException {
    if (plan.radius().tenants().isEmpty() || hit.total() == 0) {
      return List.of();
    }
    long within = tenants.in(stores, plan.radius().tenants()).total();
    if (within >= hit.total()) {
      return List.of();
    }
    Set<String> allowed = new HashSet<>(plan.radius().tenants());
    List<String> named =
        hit.ids().stream().filter(id -> !allowed.contains(id)).limit(SAMPLES_MAX).toList();
    return named.isEmpty() ? List.of("(" + (hit.total() - within) + " more)") : named;
  }

  /** What relays must lead to. */
  private static List<String> need(Fault fault) {
    return switch (fault) {
      case Fault.CutLink cut -> link(cut.from(), cut.to());
      case Fault.SlowLink slow -> link(slow.from(), slow.to());
      case Fault.JournalAway _ -> List.of(JOURNAL);
      case Fault.StoreAway(var store, _) -> List.of(store);
      case Fault.SlowStore slow -> List.of(slow.store());
      case Fault.KillNode _,
          Fault.PauseNode _,
          Fault.FullDisk _,
          Fault.PoisonEntity _,
          Fault.ClockJump _,
          Fault.FailStep _,
          Fault.LoadSpike _ ->
          List.of();
    };
  }

  private static List<String> link(String from, String to) {
    return Fault.isNode(to) ? List.of(from, to) : List.of(to);
  }
}
