package io.copyhold.tenants.store;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The stores of this node, each opened once per address by its engine. */
public final class RegisteredStores implements DataStores {
  private final Map<String, Engine> engines;
  private final Addresses addresses;
  private final Passwords passwords;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, Open> open = new HashMap<>();

  private record Open(StoreAddress address, Engine.Opened opened) {}

  public RegisteredStores(List<Engine> engines, Addresses addresses, Passwords passwords) {
    this.engines = engines.stream().collect(Collectors.toMap(Engine::name, Function.identity()));
    this.addresses = addresses;
    this.passwords = passwords;
  }

  @Override
  public DataStore open(StoreAddress address) {
    Engine engine = engines.get(address.engine());
    if (engine == null) {
      throw new ProblemException(
          Problem.invalid("engine-unknown", "No engine " + address.engine() + " is built in.")
              .at(address.store())
              .todo("Use one of " + engines.keySet() + "."));
    }
    @Nullable Open replaced = null;
    try {
      lock.lock();
      try {
        Open found = open.get(address.store());
        if (found != null && found.address().equals(address)) {
          return found.opened().store();
        }
        Open fresh = new Open(address, engine.open(address, passwords));
        replaced = open.put(address.store(), fresh);
        return fresh.opened().store();
      } finally {
        lock.unlock();
      }
    } finally {
      if (replaced != null) {
        replaced.opened().close().run();
      }
    }
  }

  @Override
  public DataStore get(String store) {
    return open(addresses.find(store));
  }

  @Override
  public void forget(String store) {
    @Nullable Open gone;
    lock.lock();
    try {
      gone = open.remove(store);
    } finally {
      lock.unlock();
    }
    if (gone != null) {
      gone.opened().close().run();
    }
  }

  @Override
  public void close() {
    for (String store : names()) {
      forget(store);
    }
  }

  private List<String> names() {
    lock.lock();
    try {
      return List.copyOf(open.keySet());
    } finally {
      lock.unlock();
    }
  }
}
