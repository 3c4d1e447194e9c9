package io.copyhold.chaos.simulation;

import io.copyhold.tenants.store.DataStore;
import io.copyhold.tenants.store.DataStores;
import io.copyhold.tenants.store.StoreAddress;
import java.util.Map;
import java.util.TreeMap;

/** The simulated stores, by id; they outlive every node. */
public final class SimStores implements DataStores {
  private final SimLoop loop;
  private final Map<String, SimStore> stores = new TreeMap<>();

  public SimStores(SimLoop loop) {
    this.loop = loop;
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
    return stores.computeIfAbsent(id, name -> new SimStore(name, loop));
  }

  @Override
  public void forget(String store) {}

  @Override
  public void close() {}
}
