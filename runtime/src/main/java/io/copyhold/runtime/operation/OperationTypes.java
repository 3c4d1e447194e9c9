package io.copyhold.runtime.operation;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The operation types this node can run, by name and version; filled at wiring. */
public final class OperationTypes {
  private final Map<String, OperationType<?>> types = new LinkedHashMap<>();
  private final Map<String, OperationType<?>> newest = new LinkedHashMap<>();

  /** Of several versions of a name, the last one given is what new operations start on. */
  public OperationTypes(Collection<? extends OperationType<?>> all) {
    for (OperationType<?> type : all) {
      if (types.put(type.name() + "@" + type.version(), type) != null) {
        throw new IllegalArgumentException(
            "operation type " + type.name() + " " + type.version() + " is there twice");
      }
      newest.put(type.name(), type);
    }
  }

  /** All of them, as nodes tell each other: {@code NAME@VERSION}. */
  public Set<String> definitions() {
    return Set.copyOf(types.keySet());
  }

  public Optional<OperationType<?>> find(String name, String version) {
    return Optional.ofNullable(types.get(name + "@" + version));
  }

  /** What a new operation of this name starts on. */
  public Optional<OperationType<?>> newest(String name) {
    return Optional.ofNullable(newest.get(name));
  }
}
