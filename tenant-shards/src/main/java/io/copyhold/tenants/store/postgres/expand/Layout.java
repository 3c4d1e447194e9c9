package io.copyhold.tenants.store.postgres.expand;

import io.copyhold.tenants.document.Shape;
import io.copyhold.tenants.document.Table;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * One version of a schema, and where its tables and columns are as long as several versions share
 * them.
 *
 * @param shape what its clients see
 * @param places by table as clients call it
 */
record Layout(String version, Shape shape, Map<String, Place> places) {
  Layout {
    places = Collections.unmodifiableMap(new TreeMap<>(places));
  }

  /**
   * Where a table is.
   *
   * @param table the base table
   * @param columns by name as clients call it: the base table's column
   */
  record Place(String table, Map<String, String> columns) {
    Place {
      columns = Collections.unmodifiableMap(new LinkedHashMap<>(columns));
    }

    String column(String name) {
      String found = columns.get(name);
      if (found == null) {
        throw new IllegalStateException("no column " + name + " in " + table);
      }
      return found;
    }
  }

  /** A version whose tables and columns are called as its clients call them. */
  static Layout plain(String version, Shape shape) {
    Map<String, Place> places = new TreeMap<>();
    for (Table table : shape.tables().values()) {
      Map<String, String> columns = new LinkedHashMap<>();
      table.columnNames().forEach(name -> columns.put(name, name));
      places.put(table.name(), new Place(table.name(), columns));
    }
    return new Layout(version, shape, places);
  }

  Place place(String table) {
    Place found = places.get(table);
    if (found == null) {
      throw new IllegalStateException("no table " + table + " in version " + version);
    }
    return found;
  }
}
