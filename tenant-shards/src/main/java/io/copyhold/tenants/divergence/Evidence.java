package io.copyhold.tenants.divergence;

import io.copyhold.runtime.Problem;
import io.copyhold.tenants.isolation.HomeRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What all stores have written down of one owner of homes, a tenant or a pool.
 *
 * @param owner {@code tenant/acme}
 * @param timeline of the control plane in which it was gathered
 * @param homes that are there, at most {@value #HOMES_MAX}
 * @param unknown operations of this owner that were there, or were there oftener, than the journal
 *     knows; at most {@value #UNKNOWN_MAX}
 * @param serial the highest of any operation that was there; the owner's next one must be higher
 * @param birth serial of the operation that made the home, 0 when that is not known any more
 */
public record Evidence(
    String owner, long timeline, List<Seen> homes, List<String> unknown, int serial, int birth) {
  public static final int HOMES_MAX = 4;
  public static final int UNKNOWN_MAX = 10;

  public Evidence {
    homes = List.copyOf(homes);
    unknown = List.copyOf(unknown);
  }

  /**
   * A home that is there.
   *
   * @param version of its tables, empty when there are none
   * @param epoch the home's, in a pool the tenant's
   * @param suspended the tenant's login is closed
   */
  public record Seen(
      HomeRef home,
      String changelog,
      String version,
      long epoch,
      boolean adopted,
      boolean suspended) {}

  public Optional<Seen> home(HomeRef ref) {
    return homes.stream().filter(seen -> seen.home().equals(ref)).findFirst();
  }

  /** The homes, as findings about an owner that has none. */
  public List<String> orphaned() {
    List<String> all = missing();
    homes.forEach(
        seen -> all.add("home " + seen.home() + " is its own, and the journal does not know it"));
    return all;
  }

  /** The unknown operations, as findings. */
  public List<String> missing() {
    List<String> all = new ArrayList<>();
    unknown.forEach(
        operation -> all.add(operation + " was in the home, and the journal does not know it"));
    return all;
  }

  /** Why nothing can change it. */
  public static Problem diverged(String owner, List<String> findings) {
    return Problem.conflict(
            "diverged",
            "the journal went back in time and is behind this owner's home: "
                + String.join("; ", findings))
        .at(owner)
        .todo("look at it and reconcile it: copyhold " + owner.replace("/", " reconcile "));
  }
}
