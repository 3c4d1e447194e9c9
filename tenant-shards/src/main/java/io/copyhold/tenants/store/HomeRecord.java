package io.copyhold.tenants.store;

import io.copyhold.tenants.isolation.HomeRef;
import java.util.List;

/**
 * What a store has written down of one home.
 *
 * @param database where its tables are
 * @param ready it is there; otherwise it is being made or dropped, or was dropped
 * @param changelog it follows
 * @param version of the last applied script, empty when there is none
 * @param timeline in which its owner was last found to agree with it
 * @param members tenants with a login in it
 * @param traces the last attempt of each operation that was here, as long as they are kept
 */
public record HomeRecord(
    HomeRef home,
    String database,
    boolean ready,
    String changelog,
    String version,
    long epoch,
    boolean adopted,
    long timeline,
    List<Member> members,
    List<Trace> traces) {

  public HomeRecord {
    members = List.copyOf(members);
    traces = List.copyOf(traces);
  }

  /** A tenant's login in the home; {@code epoch} counts in a pool only. */
  public record Member(String tenant, long epoch, boolean suspended, long timeline) {}

  /**
   * The last attempt of an operation that was here.
   *
   * @param owner {@code tenant/acme}
   * @param operation {@code operation/tenant/acme/migrate/3}
   */
  public record Trace(String owner, String operation, long term, long attempt) {}
}
