package io.copyhold.tenants.store;

import io.copyhold.runtime.Problem;
import io.copyhold.tenants.isolation.HomeRef;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One database server of the user, whatever its engine.
 *
 * <p>Every method blocks; call it from an operation's step, never from an actor. What takes a
 * {@link Fence} changes the store, is safe to repeat with the same key after a crash at any point,
 * and is refused when a later attempt has been there. All throw {@link
 * io.copyhold.runtime.ProblemException}: of kind {@code UNAVAILABLE} when asking again may help
 * (server down, full, out of connections, home busy), of another kind when somebody must change
 * something first.
 */
public interface DataStore {
  /** The store's id. */
  String id();

  /** What the server is and what the control role may do there. Changes nothing. */
  StoreReport check();

  /**
   * Makes what all homes need: the shared database with its ledger. Repeatable, without a fence.
   */
  void prepare();

  /** Makes an empty home with its roles. An existing object that is not ours is refused. */
  void createHome(HomeRef home, String changelog, Fence fence);

  /**
   * Removes the home, its tenants' roles and all its data. A home that does not exist is fine; an
   * adopted one is refused, because it is not Copyhold's to drop: use {@link #release}.
   */
  void dropHome(HomeRef home, Fence fence);

  /**
   * Gives a tenant its login in the home; with another password than before, the new one holds.
   *
   * @param password 1 to 1024 printable ASCII characters; only its SCRAM verifier is sent
   * @throws io.copyhold.runtime.ProblemException {@code home-taken} when a home of its own has
   *     another tenant, {@code tenant-elsewhere} when the tenant lives in another home of this
   *     store
   */
  void addTenant(HomeRef home, String tenant, String password, Fence fence);

  /**
   * Takes the tenant out: in a pool all its rows, from every table, proven to be gone; then its
   * login role. In a home of its own only the login; the data goes with {@link #dropHome}.
   */
  void removeTenant(HomeRef home, String tenant, Fence fence);

  /** No more logins, and the sessions there are end. Data stays. */
  void suspendTenant(HomeRef home, String tenant, Fence fence);

  /** Logins again, with the password from before. */
  void resumeTenant(HomeRef home, String tenant, Fence fence);

  /**
   * Runs a script in the home, exactly once: it and its row in the home's ledger commit together,
   * so that a repeated call finds it done. A document is made live beside the version before it:
   * clients of both read and write from then on.
   *
   * @throws io.copyhold.runtime.ProblemException among others {@code checksum-changed}, {@code
   *     out-of-order}, {@code script-failed} (names line, SQLSTATE and message), {@code lock-wait}
   *     (names the blockers), {@code isolation-broken}; in every case nothing of the script remains
   */
  Applied apply(HomeRef home, Script script, Fence fence, LockPolicy locks);

  /**
   * Runs the way back from a version in the home, exactly once: it and the end of that version's
   * row in the home's ledger commit together, so that a repeated call finds it done.
   *
   * @param undo at the position of the version that it takes back; a document is its own way back
   * @throws io.copyhold.runtime.ProblemException as {@link #apply}; {@code out-of-order} when a
   *     later version is still there, {@code baseline} when the home came with this version
   */
  Applied undo(HomeRef home, Script undo, Fence fence, LockPolicy locks);

  /** Which versions of the schema clients may speak in the home. */
  SchemaVersions versions(HomeRef home);

  /**
   * What all phases of a document would do in the home as it is, for people: steps, statements,
   * lock levels. Changes nothing.
   *
   * @throws io.copyhold.runtime.ProblemException what {@link #apply} would refuse
   */
  String plan(HomeRef home, Script document);

  /**
   * Lets clients speak the version that the home has, or takes a document that {@link #apply} has
   * made live a phase further. Safe to repeat after a crash at any point.
   *
   * @param document whose change it is; of no matter for {@link Turn#OPEN}
   * @throws io.copyhold.runtime.ProblemException {@code not-a-document}, {@code change-missing},
   *     {@code change-order}, {@code change-state}
   */
  void turn(HomeRef home, Script document, Turn turn, Fence fence, LockPolicy locks);

  /**
   * Asks the home one question, as its applications' role, in a transaction that reads only and
   * sees no tenant's rows in a pool.
   *
   * @param query one SELECT, WITH, TABLE or VALUES
   * @param limit for the whole question
   * @return the first row's first value as text, at most 200 characters; empty when there is no row
   *     or it is null
   * @throws io.copyhold.runtime.ProblemException {@code probe-refused}, {@code probe-failed}
   */
  Optional<String> ask(HomeRef home, String query, Duration limit);

  /**
   * The home's tables, columns, indexes, constraints, views and triggers as the server has them
   * now, beside what was remembered.
   */
  Drift drift(HomeRef home);

  /**
   * Remembers the home's shape as it is now.
   *
   * @param expected digest of the shape that the caller has seen; null for whatever it is, if
   *     nothing is remembered
   * @throws io.copyhold.runtime.ProblemException {@code shape-changed} when it is another by now
   */
  void remember(HomeRef home, @Nullable String expected, Fence fence);

  /** What has been applied, in order; empty for a home that does not exist. */
  List<LedgerRow> ledger(HomeRef home);

  /** What the home says of itself, or empty when there is none. */
  Optional<HomeState> state(HomeRef home);

  /** Everything that would let one tenant see or change what is another's; empty is good. */
  List<Problem> verifyIsolation(HomeRef home);

  /**
   * What stands in a database, or in one schema of it, and what taking it over would mean. Read
   * only.
   *
   * @param schema null for the whole database
   */
  Inventory inventory(String database, @Nullable String schema);

  /**
   * Takes over an existing database or schema: adds Copyhold's own schema and a baseline, and
   * changes nothing that is there.
   */
  void adopt(HomeRef home, Adoption adoption, Fence fence);

  /**
   * Gives an adopted home back: removes what {@link #adopt} and later calls added, keeps all else.
   */
  void release(HomeRef home, Fence fence);

  /** Where the tenant's applications connect; says nothing of the password. */
  ConnectionInfo connection(HomeRef home, String tenant);

  /**
   * What of the tenant's rows is there: for comparing before with after, and one home with another.
   */
  TenantDigest digest(HomeRef home, String tenant);

  /** Every home that is or was here, with who has been in it. One connection per database home. */
  List<HomeRecord> roll();

  /**
   * Writes down that the owner agrees with its home in a timeline of the control plane: from now on
   * it takes that timeline's writes, and none of an older one. Repeatable.
   *
   * @param tenant in a pool, the member that agrees; null for the pool itself and for other homes
   * @param epoch the home's, or the member's, is at least this from now on
   */
  void confirm(HomeRecord home, @Nullable String tenant, long timeline, long epoch);

  /** Bytes on disk of the home, indexes included; 0 when there is none. */
  long sizeBytes(HomeRef home);
}
