package io.copyhold.tenants.document;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One column of an index, with what it is ordered and compared by.
 *
 * @param sort ascending where it is null
 * @param nulls last when ascending and first when descending, where it is null
 */
public record IndexField(
    String column,
    @Nullable String collate,
    @Nullable Opclass opclass,
    @Nullable Sort sort,
    @Nullable Nulls nulls) {

  /** An operator class and its parameters: {@code siglen=32}. */
  public record Opclass(String name, List<String> params) {
    public Opclass {
      params = params == null ? List.of() : List.copyOf(params);
    }
  }

  /** Direction. */
  public enum Sort {
    ASC,
    DESC
  }

  /** Where nulls stand. */
  public enum Nulls {
    FIRST,
    LAST
  }

  /** Access method. */
  public enum Method {
    BTREE,
    HASH,
    GIST,
    SPGIST,
    GIN,
    BRIN;

    /** As SQL writes it. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  public static IndexField of(String column) {
    return new IndexField(column, null, null, null, null);
  }

  IndexField named(String other) {
    return new IndexField(other, collate, opclass, sort, nulls);
  }
}
