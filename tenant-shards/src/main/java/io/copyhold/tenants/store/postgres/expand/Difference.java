package io.copyhold.tenants.store.postgres.expand;

import io.copyhold.tenants.document.Constraint;
import io.copyhold.tenants.document.Table;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What two neighbouring versions differ in physically: which rules and indexes are new, which are
 * only called otherwise, and which go. Two are the same when they mean the same on the base tables.
 */
final class Difference {
  /** A constraint and the table of the version that has it. */
  record Rule(Table table, Constraint rule) {}

  /** An index and the table of the version that has it. */
  record Index(Table table, Table.Index index) {}

  /** A column of the new version and where it is. */
  record Column(Table table, Table.Field field, String place) {}

  /** The same object under another name. */
  record Renamed(String base, String from, String to) {}

  final List<Table> newTables = new ArrayList<>();
  final List<String> goneTables = new ArrayList<>();
  final Map<String, List<Column>> newColumns = new TreeMap<>();
  final List<Rule> newRules = new ArrayList<>();
  final List<Rule> goneRules = new ArrayList<>();
  final List<Renamed> renamedRules = new ArrayList<>();
  final List<Index> newIndexes = new ArrayList<>();
  final List<Index> goneIndexes = new ArrayList<>();
  final List<Renamed> renamedIndexes = new ArrayList<>();
  final List<Column> newNotNull = new ArrayList<>();
  final List<Column> goneNotNull = new ArrayList<>();

  /** By base table: its table in the new version. */
  final Map<String, Table> after = new TreeMap<>();

  /** By base table: its table in the old version. */
  final Map<String, Table> before = new TreeMap<>();

  Difference(String schema, Link link) {
    Layout from = link.from();
    Layout to = link.to();
    from.places()
        .forEach(
            (name, place) -> before.put(place.table(), from.shape().table(name).orElseThrow()));
    to.places()
        .forEach((name, place) -> after.put(place.table(), to.shape().table(name).orElseThrow()));
    for (String base : before.keySet()) {
      if (!after.containsKey(base)) {
        goneTables.add(base);
      }
    }
    Rules old = new Rules(schema, from);
    Rules now = new Rules(schema, to);
    after.forEach((base, table) -> {
      Table was = before.get(base);
      if (was == null) {
        newTables.add(table);
      }
      columns(link, base, was, table);
      rules(base, old, now, was, table);
      indexes(base, old, now, was, table);
    });
  }

  private void columns(Link link, String base, @Nullable Table was, Table table) {
    Layout.Place now = link.to().place(table.name());
    Map<String, Table.Field> known = new LinkedHashMap<>();
    if (was != null) {
      Layout.Place old = link.from().place(was.name());
      was.columns().forEach(field -> known.put(old.column(field.name()), field));
    }
    for (Table.Field field : table.columns()) {
      String place = now.column(field.name());
      Table.Field same = known.get(place);
      Column column = new Column(table, field, place);
      if (same == null) {
        if (was != null) {
          newColumns.computeIfAbsent(base, _ -> new ArrayList<>()).add(column);
        }
        if (was != null && !field.nullable()) {
          newNotNull.add(column);
        }
      } else if (same.nullable() && !field.nullable()) {
        newNotNull.add(column);
      } else if (!same.nullable() && field.nullable()) {
        goneNotNull.add(column);
      }
    }
  }

  private void rules(String base, Rules old, Rules now, @Nullable Table was, Table table) {
    Map<String, Constraint> known = new LinkedHashMap<>();
    if (was != null) {
      was.constraints().forEach(r -> known.put(old.meaning(was, r.constraint()), r.constraint()));
    }
    Set<String> kept = new HashSet<>();
    for (Table.Rule rule : table.constraints()) {
      String meaning = now.meaning(table, rule.constraint());
      Constraint same = known.get(meaning);
      if (same == null) {
        newRules.add(new Rule(table, rule.constraint()));
      } else {
        kept.add(meaning);
        if (!same.name().equals(rule.name())) {
          renamedRules.add(new Renamed(base, same.name(), rule.name()));
        }
      }
    }
    if (was != null) {
      known.forEach((meaning, rule) -> {
        if (!kept.contains(meaning)) {
          goneRules.add(new Rule(was, rule));
        }
      });
    }
  }

  private void indexes(String base, Rules old, Rules now, @Nullable Table was, Table table) {
    Map<String, Table.Index> known = new LinkedHashMap<>();
    if (was != null) {
      was.indexes().forEach(i -> known.put(old.meaning(was, i), i));
    }
    Set<String> kept = new LinkedHashSet<>();
    for (Table.Index index : table.indexes()) {
      String meaning = now.meaning(table, index);
      Table.Index same = known.get(meaning);
      if (same == null || kept.contains(meaning)) {
        newIndexes.add(new Index(table, index));
      } else {
        kept.add(meaning);
        if (!same.name().equals(index.name())) {
          renamedIndexes.add(new Renamed(base, same.name(), index.name()));
        }
      }
    }
    if (was != null) {
      was.indexes().stream()
          .filter(i -> !kept.contains(old.meaning(was, i)))
          .forEach(i -> goneIndexes.add(new Index(was, i)));
    }
  }

  Optional<Table> was(String base) {
    return Optional.ofNullable(before.get(base));
  }
}
