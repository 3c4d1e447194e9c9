package io.copyhold.tenants.document;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What the write-ahead log says of the old row of an update or delete.
 *
 * @param index for {@link Type#INDEX}: a unique, full, not deferrable index over NOT NULL columns
 */
public record ReplicaIdentity(Type type, @Nullable String index) {
  /** The primary key, if there is one. */
  public static final ReplicaIdentity DEFAULT = new ReplicaIdentity(Type.DEFAULT, null);

  /** Which columns. */
  public enum Type {
    DEFAULT,
    FULL,
    NOTHING,
    INDEX;

    /** As documents write it; read in any case. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
