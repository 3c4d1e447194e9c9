package io.copyhold.config.node;

import io.copyhold.config.node.NodeRegister.Row;
import io.copyhold.config.node.NodeRegister.Self;
import io.copyhold.config.node.NodeRegister.State;
import io.copyhold.config.node.NodeRegister.View;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a node does next, decided from what the register holds. Pure: no cluster, no database.
 *
 * <ol>
 *   <li>A node forms a new cluster only when nobody in the register is up and alive. When somebody
 *       was up and did not leave, it first watches for so long that a living node would have shown
 *       itself again: the register's database may itself have been away.
 *   <li>When somebody is up, it joins those, and waits as long as it takes.
 *   <li>A member removes members whose processes are known to have ended.
 *   <li>A member whose cluster was replaced by a newer incarnation, or that the others have
 *       removed, ends at once.
 *   <li>A node of which an operator wants it leaves.
 * </ol>
 */
sealed interface Step {
  /** Try to win the next incarnation. */
  record Form(long seen) implements Step {}

  /** Join the cluster of these addresses. */
  record Join(long incarnation, Set<String> addresses) implements Step {
    public Join {
      addresses = Set.copyOf(addresses);
    }
  }

  /** Nothing can be done yet; try again with the next heartbeat. */
  record Wait(String reason) implements Step {}

  /** We are a member: remove the members of these numbers, whose processes have ended. */
  record Remove(Set<Long> uids) implements Step {
    public Remove {
      uids = Set.copyOf(uids);
    }
  }

  /** End this node. */
  record Leave(Departure departure) implements Step {}

  /**
   * The next step.
   *
   * @param member whether we are a member of a cluster
   * @param incarnation the cluster that we formed or joined, 0 before
   */
  static Step next(View view, Self self, boolean member, long incarnation) {
    if (view.replaced()) {
      return new Leave(
          new Departure(
              Departure.Kind.GONE,
              "the others have removed " + self.address() + ", or another process has taken it"));
    }
    if (member && view.incarnation() > incarnation) {
      return new Leave(
          new Departure(
              Departure.Kind.GONE,
              "the cluster "
                  + incarnation
                  + " of this node was replaced by cluster "
                  + view.incarnation()));
    }
    switch (view.wish()) {
      case LEAVE -> {
        return new Leave(new Departure(Departure.Kind.LEAVE, "an operator asked for it"));
      }
      case RESTART -> {
        return new Leave(new Departure(Departure.Kind.RESTART, "an operator asked for a restart"));
      }
      case NONE -> {}
    }
    if (member) {
      return new Remove(
          view.rows().stream()
              .filter(r -> r.state() == State.ENDED)
              .map(Row::uid)
              .collect(Collectors.toSet()));
    }
    List<Row> up =
        view.rows().stream()
            .filter(r -> r.state() == State.UP && !r.address().equals(self.address()))
            .toList();
    Set<String> reachable =
        up.stream()
            .filter(r -> r.alive() && r.incarnation() == view.incarnation())
            .map(Row::address)
            .collect(Collectors.toSet());
    if (!reachable.isEmpty()) {
      return new Join(view.incarnation(), reachable);
    }
    if (up.stream().anyMatch(Row::alive)) {
      return new Wait("members of an older cluster have not left yet");
    }
    if (!up.isEmpty() && !view.settled()) {
      return new Wait("members that did not leave may still be there");
    }
    return new Form(view.incarnation());
  }
}
