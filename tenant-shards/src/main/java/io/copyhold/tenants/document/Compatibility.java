package io.copyhold.tenants.document;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * Which application versions can go on when the tables themselves have another shape, without views
 * in between: each thing that a version can no longer do, by name.
 *
 * <p>It knows structure, not the application: a column that nobody reads is a break too.
 *
 * @param breaks by version, in the order asked; an empty list where the version can go on
 */
public record Compatibility(SequencedMap<String, List<Break>> breaks) {
  public Compatibility {
    SequencedMap<String, List<Break>> copy = new LinkedHashMap<>();
    breaks.forEach((version, list) -> copy.put(version, List.copyOf(list)));
    breaks = Collections.unmodifiableSequencedMap(copy);
  }

  /** What a version loses. */
  public enum Loss {
    /** Queries that name the object fail or read something else. */
    READS,
    /** Inserts, updates or deletes that were accepted may be refused. */
    WRITES
  }

  /**
   * One thing that a version can no longer do.
   *
   * @param object {@code orders.email}
   * @param what one sentence
   */
  public record Break(Loss loss, String object, String what) {}

  /**
   * @param live the shape that each live version was written for
   * @param next the shape to come
   */
  public static Compatibility of(Map<String, Shape> live, Shape next) {
    SequencedMap<String, List<Break>> breaks = new LinkedHashMap<>();
    live.forEach((version, shape) -> breaks.put(version, between(shape, next)));
    return new Compatibility(breaks);
  }

  /** Versions that can go on as they are, in the order asked. */
  public List<String> goOn() {
    return breaks.entrySet().stream()
        .filter(entry -> entry.getValue().isEmpty())
        .map(Map.Entry::getKey)
        .toList();
  }

  /** What an application written for one shape can no longer do with another. */
  public static List<Break> between(Shape old, Shape next) {
    List<Break> breaks = new ArrayList<>();
    for (Table table : old.tables().values()) {
      Optional<Table> then = next.table(table.name());
      if (then.isEmpty()) {
        breaks.add(new Break(Loss.READS, table.name(), "the table is gone or has another name"));
      } else {
        columns(table, then.get(), breaks);
        constraints(table, then.get(), breaks);
      }
    }
    return breaks;
  }

  private static void columns(Table old, Table next, List<Break> breaks) {
    for (Table.Field field : old.columns()) {
      String object = old.name() + "." + field.name();
      Optional<Table.Field> then = next.column(field.name());
      if (then.isEmpty()) {
        breaks.add(new Break(Loss.READS, object, "the column is gone or has another name"));
      } else {
        column(object, field, then.get(), breaks);
      }
    }
    for (Table.Field field : next.columns()) {
      if (old.column(field.name()).isEmpty() && !field.optional()) {
        breaks.add(
            new Break(
                Loss.WRITES,
                old.name() + "." + field.name(),
                "the new column is NOT NULL without a default, so inserts that leave it out fail"));
      }
    }
  }

  private static void column(
      String object, Table.Field field, Table.Field then, List<Break> breaks) {
    if (!Types.holds(then.type(), field.type())) {
      breaks.add(
          new Break(
              Loss.WRITES,
              object,
              "it was "
                  + field.type()
                  + " and is "
                  + then.type()
                  + ", which does not hold every value"));
    }
    if (!Types.holds(field.type(), then.type())) {
      breaks.add(
          new Break(
              Loss.READS,
              object,
              "it was " + field.type() + " and is " + then.type() + ", which holds other values"));
    }
    if (field.nullable() && !then.nullable()) {
      breaks.add(new Break(Loss.WRITES, object, "it is NOT NULL now, so nulls are refused"));
    }
    if (!field.nullable() && then.nullable()) {
      breaks.add(new Break(Loss.READS, object, "it may be null now, which it never was"));
    }
    if (field.optional() && !then.optional() && !field.nullable()) {
      breaks.add(
          new Break(Loss.WRITES, object, "it has no default any more, so inserts must name it"));
    }
    if (field.generated() == null && then.generated() != null) {
      breaks.add(new Break(Loss.WRITES, object, "it is computed now, so it cannot be written"));
    }
    if (always(then) && !always(field)) {
      breaks.add(
          new Break(Loss.WRITES, object, "it is an identity now, so inserts cannot bring a value"));
    }
  }

  private static boolean always(Table.Field field) {
    return field.identity() != null
        && field.identity().userSpecifiedValues() == Column.UserValues.ALWAYS;
  }

  private static void constraints(Table old, Table next, List<Break> breaks) {
    for (Table.Rule rule : next.constraints()) {
      Constraint constraint = rule.constraint();
      if (old.constraints().stream().noneMatch(r -> equal(r.constraint(), constraint))) {
        breaks.add(
            new Break(
                Loss.WRITES,
                old.name() + "." + rule.name(),
                "rows that break the new "
                    + constraint.type().toString().replace('_', ' ')
                    + " are refused"));
      }
    }
    for (Table.Index index : next.indexes()) {
      boolean known =
          old.keys().stream().anyMatch(key -> Uses.same(key, index.columnNames()))
              || old.indexes().stream().anyMatch(i -> equal(i, index));
      if (index.unique() && !known) {
        breaks.add(
            new Break(
                Loss.WRITES,
                old.name() + "." + index.name(),
                "rows that are alike by the new unique index are refused"));
      }
    }
    for (List<String> key : old.keys()) {
      if (next.keys().stream().noneMatch(other -> Uses.same(other, key))) {
        breaks.add(
            new Break(
                Loss.WRITES,
                old.name() + " (" + String.join(", ", key) + ")",
                "the key is gone, so ON CONFLICT on it fails and rows may be alike"));
      }
    }
  }

  private static boolean equal(Constraint one, Constraint other) {
    return one.named(other.name()).equals(other)
        || one.type().key() && other.type().key() && Uses.same(one.columns(), other.columns());
  }

  private static boolean equal(Table.Index one, Table.Index other) {
    return one.unique()
        && Uses.same(one.columnNames(), other.columnNames())
        && java.util.Objects.equals(one.predicate(), other.predicate());
  }
}
