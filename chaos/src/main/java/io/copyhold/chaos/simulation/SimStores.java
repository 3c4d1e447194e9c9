package io.copyhold.chaos.simulation;

import io.copyhold.tenants.store.DataStore;
import io.copyhold.tenants.store.DataStores;
import io.copyhold.tenants.store.StoreAddress;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/** The simulated stores, by id; they outlive every node. */
public final class SimStores implements DataStores {
  private final SimLoop loop;
  private final Map<String, SimStore> stores = new TreeMap<>();
  private Consumer<Happening> observer = _ -> {};
  private boolean orphaned;
  private boolean spent;

  public SimStores(SimLoop loop) {
    this.loop = loop;
  }

  void observe(Consumer<Happening> next) {
    observer = next;
  }

  void tell(Happening happening) {
    observer.accept(happening);
  }

  /**
   * Runs a step whose process has died: the one statement that it had sent is carried out, and
   * nothing after it.
   */
  void orphan(Runnable step) {
    orphaned = true;
    spent = false;
    try {
      step.run();
    } finally {
      orphaned = false;
    }
  }

  /** False when the caller is dead, and its last statement was the one before. */
  boolean takes() {
    boolean takes = !orphaned || !spent;
    spent = true;
    return takes;
  }

  @Override
  public DataStore open(StoreAddress address) {
    return store(address.store());
  }

  @Override
  public DataStore get(String store) {
    return store(store);
  }

  /** The store itself, for faults and questions. */
  public SimStore store(String id) {
    return stores.computeIfAbsent(id, name -> new SimStore(name, loop, this));
  }

  Collection<SimStore> all() {
    return stores.values();
  }

  @Override
  public void forget(String store) {}

  @Override
  public void close() {}
}
