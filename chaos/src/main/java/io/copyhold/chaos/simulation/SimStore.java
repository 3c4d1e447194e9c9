package io.copyhold.chaos.simulation;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.operation.FenceToken;
import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.store.Adoption;
import io.copyhold.tenants.store.Applied;
import io.copyhold.tenants.store.ConnectionInfo;
import io.copyhold.tenants.store.DataStore;
import io.copyhold.tenants.store.Fence;
import io.copyhold.tenants.store.HomeState;
import io.copyhold.tenants.store.Inventory;
import io.copyhold.tenants.store.LedgerRow;
import io.copyhold.tenants.store.LockPolicy;
import io.copyhold.tenants.store.Script;
import io.copyhold.tenants.store.StoreReport;
import io.copyhold.tenants.store.TenantDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
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

  private final String id;
  private final SimLoop loop;
  private final Map<HomeRef, Home> homes =
      new TreeMap<>(java.util.Comparator.comparing(HomeRef::toString));
  private final Map<String, FenceToken> seen = new TreeMap<>();
  private final Map<String, Long> terms = new TreeMap<>();
  private final List<String> effects = new ArrayList<>();
  private double failureRate;

  SimStore(String id, SimLoop loop) {
    this.id = id;
    this.loop = loop;
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
    if (luck < failureRate / 2) {
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
    if (fence.token().term() < terms.getOrDefault(owner, 0L)
        || fence.token().compareTo(seen.getOrDefault(operation, new FenceToken(0, 0))) < 0) {
      throw new ProblemException(
          Problem.conflict("stale-token", "a later attempt was here").at(id));
    }
    terms.put(owner, fence.token().term());
    seen.put(operation, fence.token());
  }

  private void change(HomeRef home, Fence fence, Runnable body) {
    call(() -> {
      enter(home, fence);
      body.run();
      return home;
    });
  }

  private void effect(String what) {
    effects.add(what);
    loop.note(id + ": " + what);
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
            effect("create " + ref.name());
          }
        });
  }

  @Override
  public void dropHome(HomeRef ref, Fence fence) {
    change(
        ref,
        fence,
        () -> {
          if (homes.remove(ref) != null) {
            effect("drop " + ref.name());
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
            effect("login " + tenant);
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
            effect("logout " + tenant);
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
            effect((open ? "open " : "close ") + tenant);
          }
        });
  }

  @Override
  public Applied apply(HomeRef ref, Script script, Fence fence, LockPolicy locks) {
    return call(() -> {
      enter(ref, fence);
      Home home = require(ref);
      if (script.position() <= home.ledger.size()) {
        return new Applied(true, 0);
      }
      if (script.position() != home.ledger.size() + 1) {
        throw new ProblemException(Problem.conflict("out-of-order", script.file()).at(id));
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
      effect("script " + ref.name() + " " + script.position());
      return new Applied(false, 1);
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
