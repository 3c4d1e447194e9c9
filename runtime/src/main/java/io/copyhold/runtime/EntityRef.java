package io.copyhold.runtime;

import java.util.Objects;

/**
 * Names one entity of the cluster: {@code tenant/acme}. The id of an operation holds its owner:
 * {@code operation/tenant/acme/provision/1}.
 *
 * @param type the entity type's stable name, without {@code /} and {@code |}
 * @param id the id within the type, at most 255 characters, without {@code |}
 */
public record EntityRef(String type, String id) {
  /** The type under which operations are journaled and listed. */
  public static final String OPERATION = "operation";

  public EntityRef {
    Objects.requireNonNull(type, "type");
    Objects.requireNonNull(id, "id");
    if (type.isEmpty() || type.indexOf('/') >= 0 || type.indexOf('|') >= 0) {
      throw new IllegalArgumentException("not an entity type: " + type);
    }
    if (id.isEmpty() || id.length() > 255 || id.indexOf('|') >= 0) {
      throw new IllegalArgumentException("not an entity id: " + id);
    }
  }

  /** The entity that {@link #toString} or {@link #persistenceId} named. */
  public static EntityRef parse(String text) {
    int cut = text.indexOf('/');
    int bar = text.indexOf('|');
    int at = bar >= 0 && (cut < 0 || bar < cut) ? bar : cut;
    if (at < 0) {
      throw new IllegalArgumentException("not an entity reference: " + text);
    }
    return new EntityRef(text.substring(0, at), text.substring(at + 1));
  }

  /**
   * The reference of an operation that this entity owns, {@code name} being for example {@code
   * provision/1}.
   */
  public EntityRef operation(String name) {
    return type.equals(OPERATION)
        ? new EntityRef(OPERATION, id + "/" + name)
        : new EntityRef(OPERATION, type + "/" + id + "/" + name);
  }

  /** The key of this entity's events in the journal; a storage format. */
  public String persistenceId() {
    return type + "|" + id;
  }

  @Override
  public String toString() {
    return type + "/" + id;
  }
}
