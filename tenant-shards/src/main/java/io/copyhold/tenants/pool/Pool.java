package io.copyhold.tenants.pool;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.EntityType;
import io.copyhold.runtime.entity.Verifying;
import io.copyhold.tenants.Fields;
import io.copyhold.tenants.changelog.Migration;
import io.copyhold.tenants.changelog.Target;
import io.copyhold.tenants.divergence.Evidence;
import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.placement.Claim;
import io.copyhold.tenants.placement.PlaceEntry;
import io.copyhold.tenants.placement.PlaceRequest;
import io.copyhold.tenants.placement.Reservations;
import io.copyhold.tenants.store.Turn;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A home whose tables are shared by tenants. It counts its members; which tenants they are, the
 * directory knows. {@code serial} numbers its operations over all its lives, so that no operation's
 * id comes twice.
 */
public sealed interface Pool {
  int serial();

  record Absent(int serial) implements Pool {}

  /** The operation {@code create/<serial>} runs. */
  record Creating(Spec spec, int serial) implements Pool {}

  /**
   * @param leftovers not all could be undone: a person must look at the store
   */
  record CreateFailed(Spec spec, int serial, Problem problem, boolean leftovers) implements Pool {}

  /**
   * In use.
   *
   * @param version its home has
   * @param birth serial of the create operation, by which the store knows it
   * @param migration runs as {@code migrate/<serial>}; nobody joins or leaves meanwhile
   * @param failure of the last migration; null once one succeeded
   * @param arrival how its home came to its version; null when it was made with it
   */
  record Open(
      Spec spec,
      String version,
      int birth,
      int serial,
      Reservations members,
      @Nullable Migration migration,
      Migration.@Nullable Failure failure,
      Migration.@Nullable Arrival arrival)
      implements Pool {}

  /**
   * The operation {@code drop/<serial>} runs, or has failed.
   *
   * @param problem why it failed; null while it runs
   */
  record Dropping(Spec spec, int birth, int serial, @Nullable Problem problem) implements Pool {}

  /**
   * The journal went back in time and is behind the pool's home: read only, until somebody
   * reconciles it with what the home says. It runs nothing.
   *
   * @param before as the journal knows it
   * @param findings what does not agree
   */
  record Diverged(Pool before, Evidence evidence, List<String> findings) implements Pool {
    public Diverged {
      findings = List.copyOf(findings);
    }

    @Override
    public int serial() {
      return before.serial();
    }
  }

  /**
   * What a pool is to be.
   *
   * @param store where it lives
   * @param region of the store, by which tenants are placed
   * @param tier that it serves
   * @param target what its home is made with
   * @param membersMax places for tenants; most take one
   */
  record Spec(
      String pool,
      String store,
      String region,
      String tier,
      Target target,
      int membersMax,
      List<String> tags) {
    public Spec {
      tags = Fields.sorted(tags);
    }

    public HomeRef home() {
      return new HomeRef(store, Isolation.POOL, pool);
    }

    /** The pool's claim to a place at its store. */
    public static Claim claim(String pool, int generation) {
      return new Claim("pool/" + pool, generation, 1);
    }
  }

  sealed interface Command {
    /** Makes the pool; again after a failure: a new attempt. */
    record Create(Spec spec) implements Command {}

    /** Holds it against what its home says of it. */
    record Verify(Evidence evidence) implements Command, Verifying {}

    /**
     * Takes over what the home says, where it is diverged.
     *
     * @param spec for a pool that the journal does not know; else null
     */
    record Reconcile(@Nullable Spec spec) implements Command {}

    record RecordCreated(int serial) implements Command {}

    record RecordCreateFailed(int serial, Problem problem, boolean leftovers) implements Command {}

    /** What tenants ask who join or leave. */
    record Place(PlaceRequest request) implements Command {}

    /** Ends the reservations whose time is up. */
    record Lapse() implements Command {}

    /**
     * @param request names who asks; one request starts a migration once, whatever becomes of it
     */
    record MigrateTo(Target target, String request) implements Command {}

    /**
     * Takes its home back to the version that it had before, if that was left by a request that
     * begins so; else nothing.
     *
     * @param target the version it is taken back from
     * @param under {@code rollout/summer/}
     * @param request names who asks; one request starts this once, whatever becomes of it
     */
    record TakeBack(Target target, String under, String request) implements Command {}

    /**
     * Takes its home's shape as somebody has changed it beside the changelog.
     *
     * @param target any version of its changelog
     * @param digest of the shape as it was looked at
     */
    record AcceptShape(Target target, String digest, String request) implements Command {}

    /**
     * Takes a schema change that is live in its home a phase further.
     *
     * @param target the version that the change leads to
     */
    record TurnVersion(Target target, Turn turn, String request) implements Command {}

    record RecordMigrated(int serial) implements Command {}

    record RecordMigrateFailed(int serial, Problem problem) implements Command {}

    /** Refused while it has members. */
    record Drop() implements Command {}

    record RecordDropped(int serial) implements Command {}

    record RecordDropFailed(int serial, Problem problem) implements Command {}
  }

  sealed interface Event {
    record CreateStarted(Spec spec, int serial) implements Event {}

    record Created(int serial) implements Event {}

    record CreateFailed(int serial, Problem problem, boolean leftovers) implements Event {}

    record Placed(PlaceEntry entry) implements Event {}

    record MigrateStarted(Migration migration, int serial) implements Event {}

    record Migrated(int serial, String version) implements Event {}

    record MigrateFailed(int serial, Problem problem) implements Event {}

    /** The journal is behind its home. */
    record Diverged(Evidence evidence, List<String> findings) implements Event {
      public Diverged {
        findings = List.copyOf(findings);
      }
    }

    /**
     * What the home says holds from now on.
     *
     * @param spec null when there is no home
     * @param version its home has
     */
    record Reconciled(@Nullable Spec spec, String version, int birth, int serial)
        implements Event {}

    record DropStarted(int serial) implements Event {}

    record Dropped(int serial) implements Event {}

    record DropFailed(int serial, Problem problem) implements Event {}
  }

  /** Input of the operation {@value PoolType#CREATE}. */
  record CreateInput(Spec spec, int generation) {}

  /** Input of the operation {@value PoolType#DROP}. */
  record DropInput(HomeRef home, int generation) {}

  EntityType<Pool, Command, Event> TYPE = new PoolType();
}
