package io.copyhold.tenants.document;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What is in a schema, as a value.
 *
 * @param tables by name
 * @param tenantColumn the column that says whose a row is, in every table of tenants; null where
 *     the schema can never be a pool
 */
public record Shape(Map<String, Table> tables, @Nullable String tenantColumn) {
  /** Nothing at all. */
  public static final Shape EMPTY = new Shape(Map.of(), null);

  public Shape {
    tables =
        tables == null ? Map.of() : Collections.unmodifiableMap(new TreeMap<String, Table>(tables));
  }

  public static Shape of(@Nullable String tenantColumn, List<Table> tables) {
    Map<String, Table> byName = new TreeMap<>();
    tables.forEach(table -> byName.put(table.name(), table));
    return new Shape(byName, tenantColumn);
  }

  public Optional<Table> table(String name) {
    return Optional.ofNullable(tables.get(name));
  }

  public Optional<Table.Field> column(String table, String column) {
    return table(table).flatMap(t -> t.column(column));
  }

  /** The table that has the index, which no constraint carries. */
  public Optional<Table> tableOfIndex(String index) {
    return tables.values().stream().filter(t -> t.index(index).isPresent()).findFirst();
  }

  /**
   * True where tables, indexes or index-carried constraints have the name: they share one space.
   */
  public boolean taken(String relation) {
    return tables.containsKey(relation)
        || tables.values().stream()
            .anyMatch(t ->
                t.index(relation).isPresent()
                    || t.constraint(relation)
                        .filter(c -> c.constraint().type().indexed())
                        .isPresent());
  }

  /** Columns of a key with the tenant column first, where the table is a tenant's and has one. */
  public List<String> keyed(Table table, List<String> columns) {
    String column = tenantColumn;
    if (column == null || table.kind() != Table.Kind.TENANT || columns.contains(column)) {
      return columns;
    }
    return java.util.stream.Stream.concat(java.util.stream.Stream.of(column), columns.stream())
        .toList();
  }

  /** What one change makes of it. */
  public Outcome apply(Change change) {
    return Trial.run(this, change);
  }

  /** What a document makes of it: its operations in order, and whether its {@code down} is true. */
  public Outcome apply(Document document) {
    return Trial.run(this, document);
  }

  /** One line of JSON with sorted keys. */
  public String toJson() {
    try {
      return Codec.JSON.writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Reads back what {@link #toJson} wrote.
   *
   * @throws IllegalArgumentException it is something else
   */
  public static Shape fromJson(String json) {
    try {
      return Codec.JSON.readValue(json, Shape.class);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not a shape", e);
    }
  }

  Shape with(Table table) {
    Map<String, Table> next = new TreeMap<>(tables);
    next.put(table.name(), table);
    return new Shape(next, tenantColumn);
  }

  Shape without(String table) {
    Map<String, Table> next = new TreeMap<>(tables);
    next.remove(table);
    return new Shape(next, tenantColumn);
  }

  Shape each(UnaryOperator<Table> change) {
    Map<String, Table> next = new TreeMap<>();
    tables.values().stream().map(change).forEach(table -> next.put(table.name(), table));
    return new Shape(next, tenantColumn);
  }
}
