package io.copyhold.runtime.entity;

import io.copyhold.runtime.journal.Codec;
import io.copyhold.runtime.journal.StoredTypes;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.setup.Setup;
import org.jspecify.annotations.Nullable;

/**
 * All entity types of a node, filled at wiring and handed to the actor system, where the serializer
 * finds it.
 */
public final class EntityTypes extends Setup {
  private final Map<String, EntityType<?, ?, ?>> types = new LinkedHashMap<>();
  private final Codec codec;

  public EntityTypes(Collection<? extends EntityType<?, ?, ?>> types) {
    Map<String, StoredTypes> stored = new LinkedHashMap<>();
    for (EntityType<?, ?, ?> type : types) {
      if (!type.name().equals(type.stored().entity())) {
        throw new IllegalArgumentException(type.name() + " stores as " + type.stored().entity());
      }
      if (this.types.put(type.name(), type) != null) {
        throw new IllegalArgumentException("two entity types named " + type.name());
      }
      stored.put(type.name(), type.stored());
    }
    this.codec = new Codec(stored);
  }

  public Codec codec() {
    return codec;
  }

  public List<EntityType<?, ?, ?>> all() {
    return List.copyOf(types.values());
  }

  public @Nullable EntityType<?, ?, ?> find(String name) {
    return types.get(name);
  }

  public EntityType<?, ?, ?> get(String name) {
    EntityType<?, ?, ?> type = types.get(name);
    if (type == null) {
      throw new IllegalArgumentException("no entity type named " + name);
    }
    return type;
  }
}
