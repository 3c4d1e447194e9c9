package io.copyhold.runtime.journal;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The explicit table of what one entity type stores and sends: stable name, shape, class, and how
 * an older shape becomes the present one. Renaming a class or package changes no stored byte; a
 * changed shape gets a higher number and an upcaster per step.
 */
public final class StoredTypes {
  private final String entity;
  private final Class<?> state;
  private final Map<Class<?>, Entry> byClass = new LinkedHashMap<>();
  private final Map<String, Entry> byName = new LinkedHashMap<>();

  private StoredTypes(String entity, Class<?> state) {
    this.entity = entity;
    this.state = state;
  }

  /**
   * One stored type. {@code upcasters.get(i)} turns shape {@code i + 1} into shape {@code i + 2}.
   */
  public record Entry(
      String name,
      int shape,
      Class<?> type,
      boolean event,
      List<UnaryOperator<ObjectNode>> upcasters) {
    public Entry {
      upcasters = List.copyOf(upcasters);
      if (upcasters.size() != shape - 1) {
        throw new IllegalArgumentException(
            name + " has shape " + shape + " and needs " + (shape - 1) + " upcasters");
      }
    }
  }

  public static StoredTypes of(String entity, Class<?> state) {
    return new StoredTypes(entity, state);
  }

  /** An event in its first shape. */
  public StoredTypes event(String name, Class<?> type) {
    return add(new Entry(name, 1, type, true, List.of()));
  }

  /** An event that had other shapes before; one upcaster for each. */
  public StoredTypes event(String name, Class<?> type, List<UnaryOperator<ObjectNode>> upcasters) {
    return add(new Entry(name, upcasters.size() + 1, type, true, upcasters));
  }

  public StoredTypes command(String name, Class<?> type) {
    return add(new Entry(name, 1, type, false, List.of()));
  }

  private StoredTypes add(Entry entry) {
    if (byName.put(key(entry.event(), entry.name()), entry) != null
        || byClass.put(entry.type(), entry) != null) {
      throw new IllegalArgumentException(entity + " stores " + entry.name() + " twice");
    }
    return this;
  }

  public String entity() {
    return entity;
  }

  /** The sealed interface or record of the state. */
  public Class<?> state() {
    return state;
  }

  public Entry of(Class<?> type) {
    Entry entry = byClass.get(type);
    if (entry == null) {
      throw new IllegalStateException(
          type.getName() + " is not in the table of stored types of " + entity);
    }
    return entry;
  }

  public @Nullable Entry event(String name) {
    return byName.get(key(true, name));
  }

  public @Nullable Entry command(String name) {
    return byName.get(key(false, name));
  }

  public Iterable<Entry> entries() {
    return List.copyOf(byClass.values());
  }

  private static String key(boolean event, String name) {
    return (event ? "e/" : "c/") + name;
  }
}
