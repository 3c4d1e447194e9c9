package io.copyhold.tenants.store;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.EntityType;
import io.copyhold.tenants.Fields;
import io.copyhold.tenants.placement.PlaceEntry;
import io.copyhold.tenants.placement.PlaceRequest;
import io.copyhold.tenants.placement.Reservations;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One database server of the user and what may be placed on it: registered, checked, filled,
 * drained, deregistered. It counts homes and lists only open reservations; which homes it has, the
 * directory knows.
 */
public sealed interface Store {
  /**
   * @param checks begun in an earlier life, so that no operation's id comes twice
   */
  record Absent(int checks) implements Store {}

  /**
   * Known, and usable once a check found it so.
   *
   * @param checks begun so far; the last one's number
   * @param checking whether that one still runs
   */
  record Registered(
      Registration registration,
      Health health,
      int checks,
      boolean checking,
      boolean draining,
      Reservations homes)
      implements Store {

    Registered with(Health nextHealth, boolean nextChecking) {
      return new Registered(registration, nextHealth, checks, nextChecking, draining, homes);
    }
  }

  /**
   * What an operator says of a store.
   *
   * @param engine {@code postgresql}
   * @param adminUser the control plane's login role there
   * @param adminSecret reference of its password: {@code secret:stores/eu-1/admin}
   * @param sharedDatabase where schemas and pools live; null for {@value
   *     StoreAddress#SHARED_DATABASE}
   * @param sslMode libpq's word; null for {@value StoreAddress#SSL_MODE}
   */
  record Registration(
      String store,
      String engine,
      String host,
      int port,
      String adminUser,
      String adminSecret,
      @Nullable String sharedDatabase,
      @Nullable String sslMode,
      String region,
      String tier,
      Capacity capacity,
      List<String> tags) {
    public Registration {
      tags = Fields.sorted(tags);
    }

    public StoreAddress address() {
      return new StoreAddress(
          store,
          engine,
          host,
          port,
          adminUser,
          adminSecret,
          sharedDatabase == null ? StoreAddress.SHARED_DATABASE : sharedDatabase,
          sslMode == null ? StoreAddress.SSL_MODE : sslMode,
          Math.min(capacity.connectionsMax(), 100));
    }
  }

  /**
   * What all nodes together may ask of the store.
   *
   * @param homesMax places for homes; most homes take one
   * @param connectionsMax of the control plane
   * @param workMax operations that change it at the same time
   */
  record Capacity(int homesMax, int connectionsMax, int workMax) {}

  /** What the last check found. */
  sealed interface Health {
    record Unknown() implements Health {}

    /**
     * @param degraded what works, but not as well as it could; at most 16 sentences
     */
    record Ready(String engine, String serverId, List<String> degraded) implements Health {}

    record Unusable(Problem problem) implements Health {}
  }

  sealed interface Command {
    record Register(Registration registration) implements Command {}

    /** Other values for what is given; a changed address or login is checked again. */
    record Update(
        @Nullable String host,
        @Nullable Integer port,
        @Nullable String adminUser,
        @Nullable String adminSecret,
        @Nullable String sslMode,
        @Nullable String region,
        @Nullable String tier,
        @Nullable Capacity capacity,
        @Nullable List<String> tags)
        implements Command {}

    record Recheck() implements Command {}

    /** How the check of that number ended. */
    record RecordCheck(int check, Health health) implements Command {}

    /** What homes ask. */
    record Place(PlaceRequest request) implements Command {}

    /** Ends the reservations whose time is up. */
    record Lapse() implements Command {}

    /** No new homes. */
    record Drain() implements Command {}

    record Undrain() implements Command {}

    record Deregister() implements Command {}
  }

  sealed interface Event {
    record Registered(Registration registration) implements Event {}

    record Updated(Registration registration) implements Event {}

    record CheckStarted(int check) implements Event {}

    record Checked(int check, Health health) implements Event {}

    record Placed(PlaceEntry entry) implements Event {}

    record Drained() implements Event {}

    record Undrained() implements Event {}

    record Deregistered() implements Event {}
  }

  /** Input of the operation {@value StoreType#CHECK}. */
  record CheckInput(StoreAddress address) {}

  EntityType<Store, Command, Event> TYPE = new StoreType();
}
