package io.copyhold.chaos.simulation;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.operation.FenceToken;
import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.store.Adoption;
import io.copyhold.tenants.store.Applied;
import io.copyhold.tenants.store.ConnectionInfo;
import io.copyhold.tenants.store.DataStore;
import io.copyhold.tenants.store.Drift;
import io.copyhold.tenants.store.Fence;
import io.copyhold.tenants.store.HomeRecord;
import io.copyhold.tenants.store.HomeState;
import io.copyhold.tenants.store.Inventory;
import io.copyhold.tenants.store.LedgerRow;
import io.copyhold.tenants.store.LockPolicy;
import io.copyhold.tenants.store.SchemaVersions;
import io.copyhold.tenants.store.Script;
import io.copyhold.tenants.store.StoreReport;
import io.copyhold.tenants.store.TenantDigest;
import io.copyhold.tenants.store.Turn;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * A store in memory with the contract of the real one: it checks fences as a home does, runs each
 * script once, and, by the seed, loses the answer of a call that happened or fails before it did.
 * What a test wants to know of it is {@link #effects}.
 */
public final class SimStore implements DataStore {
  /** One home. */
  private static final class Home {
    private final String changelog;
    private final List<LedgerRow> ledger = new ArrayList<>();
    private final Map<String, Boolean> tenants = new TreeMap<>();
    private long epoch;

    Home(String changelog) {
      this.changelog = changelog;
    }
  }

  /**
   * What a home holds.
   *
   * @param scripts how many of the changelog have run
   * @param tenants who has a login, and whether it is open
   */
  record Contents(int scripts, Map<String, Boolean> tenants) {}

  private final String id;
  private final SimLoop loop;
  private final SimStores stores;
  private final Map<HomeRef, Home> homes =
      new TreeMap<>(java.util.Comparator.comparing(HomeRef::toString));
  private final Map<String, FenceToken> seen = new TreeMap<>();
  private final Map<String, Long> terms = new TreeMap<>();
  private final List<String> effects = new ArrayList<>();
  private double failureRate;
  private boolean away;
  private BiPredicate<HomeRef, Integer> refusing = (_, _) -> false;

  SimStore(String id, SimLoop loop, SimStores stores) {
    this.id = id;
    this.loop = loop;
    this.stores = stores;
  }

  /** From now on nobody reaches it, or everybody again. */
  void away(boolean next) {
    away = next;
  }

  /** Scripts that fail here, by home and position, however often they are tried. */
  void refusing(BiPredicate<HomeRef, Integer> scripts) {
    refusing = scripts;
  }

  Map<HomeRef, Contents> homes() {
    Map<HomeRef, Contents> all = new TreeMap<>(java.util.Comparator.comparing(HomeRef::toString));
    homes.forEach(
        (ref, home) -> all.put(ref, new Contents(home.ledger.size(), Map.copyOf(home.tenants))));
    return all;
  }

  /**
   * @param rate 0 to 1, of calls that fail; half of them after they had their effect
   */
  public void failCalls(double rate) {
    failureRate = rate;
  }

  /** What really changed, in order. */
  public List<String> effects() {
    return List.copyOf(effects);
  }

  /** Homes, their scripts and their tenants: nothing else may be left of anybody. */
  public Map<String, String> contents() {
    Map<String, String> all = new TreeMap<>();
    homes.forEach((ref, home) ->
        all.put(
            ref.toString(),
            home.ledger.stream().map(LedgerRow::file).toList() + " " + home.tenants));
    return all;
  }

  private <T> T call(java.util.function.Supplier<T> body) {
    double luck = loop.random().nextDouble();
    if (away) {
      loop.conditions().coverage.hit(Fault.STORE_AWAY);
      throw away();
    }
    if (luck < failureRate) {
      loop.conditions().coverage.hit(Fault.STORE_FAILS);
    }
    if (luck < failureRate / 2 || !stores.takes()) {
      throw away();
    }
    T result = body.get();
    if (luck < failureRate) {
      throw away();
    }
    return result;
  }

  private ProblemException away() {
    return new ProblemException(Problem.unavailable("store-unreachable", "simulated").at(id));
  }

  private void enter(HomeRef home, Fence fence) {
    String owner = home + " " + fence.owner();
    String operation = home + " " + fence.operation();
    boolean stale =
        fence.token().term() < terms.getOrDefault(owner, 0L)
            || fence.token().compareTo(seen.getOrDefault(operation, new FenceToken(0, 0))) < 0;
    if (stale && !loop.conditions().has(Defect.STORE_IGNORES_FENCES)) {
      loop.conditions().coverage.staleEffect();
      loop.note(id + ": refused " + fence.operation() + " " + fence.token());
      throw new ProblemException(
          Problem.conflict("stale-token", "a later attempt was here").at(id));
    }
    terms.put(owner, fence.token().term());
    seen.put(operation, fence.token());
    stores.tell(new Happening.Accepted(home, fence));
  }

  private void change(HomeRef home, Fence fence, Runnable body) {
    call(() -> {
      enter(home, fence);
      body.run();
      return home;
    });
  }

  private void effect(HomeRef home, Fence fence, String what) {
    effects.add(what);
    loop.note(id + ": " + what + " by " + fence.operation() + " " + fence.token());
    stores.tell(new Happening.Effected(home, what, fence.key()));
  }

  private Home require(HomeRef ref) {
    Home home = homes.get(ref);
    if (home == null) {
      throw new ProblemException(Problem.conflict("home-missing", "no home " + ref).at(id));
    }
    return home;
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public StoreReport check() {
    return call(() -> new StoreReport("Simulated 1", id, 1_000, false, List.of(), List.of()));
  }

  @Override
  public void prepare() {
    call(() -> id);
  }

  @Override
  public void createHome(HomeRef ref, String changelog, Fence fence) {
    change(
        ref,
        fence,
        () -> {
          if (!homes.containsKey(ref)) {
            homes.put(ref, new Home(changelog));
            effect(ref, fence, "create " + ref.name());
          }
        });
  }

  @Override
  public void dropHome(HomeRef ref, Fence fence) {
    change(
        ref,
        fence,
        () -> {
          if (!loop.conditions().has(Defect.STORE_KEEPS_DROPPED_HOMES)
              && homes.remove(ref) != null) {
            effect(ref, fence, "drop " + ref.name());
          }
        });
  }

  @Override
  public void addTenant(HomeRef ref, String tenant, String password, Fence fence) {
    change(
        ref,
        fence,
        () -> {
          if (require(ref).tenants.put(tenant, true) == null) {
            effect(ref, fence, "login " + tenant);
          }
        });
  }

  @Override
  public void removeTenant(HomeRef ref, String tenant, Fence fence) {
    change(
        ref,
        fence,
        () -> {
          Home home = homes.get(ref);
          if (home != null && home.tenants.remove(tenant) != null) {
            effect(ref, fence, "logout " + tenant);
          }
        });
  }

  @Override
  public void suspendTenant(HomeRef ref, String tenant, Fence fence) {
    login(ref, tenant, false, fence);
  }

  @Override
  public void resumeTenant(HomeRef ref, String tenant, Fence fence) {
    login(ref, tenant, true, fence);
  }

  private void login(HomeRef ref, String tenant, boolean open, Fence fence) {
    change(
        ref,
        fence,
        () -> {
          if (!Boolean.valueOf(open).equals(require(ref).tenants.put(tenant, open))) {
            effect(ref, fence, (open ? "open " : "close ") + tenant);
          }
        });
  }

  /** The simulated journal never goes back. */
  @Override
  public List<HomeRecord> roll() {
    return List.of();
  }

  @Override
  public void confirm(HomeRecord home, @Nullable String tenant, long timeline, long epoch) {
    // nothing to write down
  }

  @Override
  public Applied apply(HomeRef ref, Script script, Fence fence, LockPolicy locks) {
    return call(() -> {
      enter(ref, fence);
      Home home = require(ref);
      if (script.position() <= home.ledger.size()) {
        if (loop.conditions().has(Defect.STORE_FORGETS_KEYS)) {
          effect(ref, fence, "script " + ref.name() + " " + script.position());
        }
        return new Applied(true, 0);
      }
      if (script.position() != home.ledger.size() + 1) {
        throw new ProblemException(Problem.conflict("out-of-order", script.file()).at(id));
      }
      if (refusing.test(ref, script.position())) {
        throw new ProblemException(
            Problem.conflict("script-failed", script.file() + " fails").at(id));
      }
      home.epoch = fence.epoch();
      home.ledger.add(
          new LedgerRow(
              script.position(),
              script.version(),
              script.file(),
              script.checksum(),
              fence.key(),
              loop.now(),
              1,
              false));
      effect(ref, fence, "script " + ref.name() + " " + script.position());
      return new Applied(false, 1);
    });
  }

  @Override
  public Applied undo(HomeRef ref, Script undo, Fence fence, LockPolicy locks) {
    return call(() -> {
      enter(ref, fence);
      Home home = require(ref);
      if (home.ledger.size() < undo.position()) {
        return new Applied(true, 0);
      }
      if (home.ledger.size() > undo.position()) {
        throw new ProblemException(Problem.conflict("out-of-order", undo.file()).at(id));
      }
      home.ledger.removeLast();
      effect(ref, fence, "undo " + ref.name() + " " + undo.position());
      return new Applied(false, 1);
    });
  }

  @Override
  public SchemaVersions versions(HomeRef home) {
    return new SchemaVersions(List.of(), List.of());
  }

  @Override
  public String plan(HomeRef home, Script document) {
    throw noDocuments();
  }

  @Override
  public void turn(HomeRef home, Script document, Turn turn, Fence fence, LockPolicy locks) {
    throw noDocuments();
  }

  private static ProblemException noDocuments() {
    return new ProblemException(
        Problem.conflict("not-a-document", "this store knows scripts only"));
  }

  @Override
  public Optional<String> ask(HomeRef ref, String query, Duration limit) {
    return call(() -> Optional.of(String.valueOf(require(ref).ledger.size())));
  }

  @Override
  public Drift drift(HomeRef ref) {
    return call(() -> new Drift(true, "", List.of(), List.of()));
  }

  @Override
  public void remember(HomeRef ref, @Nullable String expected, Fence fence) {
    call(() -> {
      enter(ref, fence);
      return ref;
    });
  }

  @Override
  public List<LedgerRow> ledger(HomeRef ref) {
    return call(() -> {
      Home home = homes.get(ref);
      return home == null ? List.of() : List.copyOf(home.ledger);
    });
  }

  @Override
  public Optional<HomeState> state(HomeRef ref) {
    return call(() ->
        Optional.ofNullable(homes.get(ref))
            .map(home ->
                new HomeState(
                    home.changelog,
                    home.ledger.isEmpty() ? "" : home.ledger.getLast().version(),
                    home.ledger.size(),
                    home.epoch,
                    home.tenants.size(),
                    false)));
  }

  @Override
  public List<Problem> verifyIsolation(HomeRef ref) {
    return call(List::of);
  }

  @Override
  public Inventory inventory(String database, @Nullable String schema) {
    throw new UnsupportedOperationException("nothing is adopted in a simulation");
  }

  @Override
  public void adopt(HomeRef home, Adoption adoption, Fence fence) {
    throw new UnsupportedOperationException("nothing is adopted in a simulation");
  }

  @Override
  public void release(HomeRef home, Fence fence) {
    throw new UnsupportedOperationException("nothing is adopted in a simulation");
  }

  @Override
  public ConnectionInfo connection(HomeRef ref, String tenant) {
    return new ConnectionInfo("sim", 1, ref.name(), tenant, ref.name(), "disable");
  }

  @Override
  public TenantDigest digest(HomeRef ref, String tenant) {
    return new TenantDigest(Map.of());
  }

  @Override
  public long sizeBytes(HomeRef ref) {
    return 0;
  }
}
