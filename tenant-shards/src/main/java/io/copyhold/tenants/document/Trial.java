package io.copyhold.tenants.document;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Applies operations to a shape, one after the other, and notes why one cannot be. */
final class Trial {
  Shape shape;
  boolean opaque;
  Reversal best = Reversal.EXACT;

  private final List<Refusal> refusals = new ArrayList<>();
  private final Set<String> spoilt = new HashSet<>();
  private int index;
  private String operation = "";
  private int lossy = -1;

  private Trial(Shape shape) {
    this.shape = shape;
  }

  static Outcome run(Shape shape, Change change) {
    Trial trial = new Trial(shape);
    trial.apply(0, change);
    return trial.outcome();
  }

  static Outcome run(Shape shape, Document document) {
    Trial trial = new Trial(shape);
    for (int i = 0; i < document.operations().size(); i++) {
      Change change = document.operations().get(i);
      trial.apply(i, change);
      if (change instanceof Change.Sql sql
          && document.operations().size() > 1
          && !sql.alongside()) {
        trial.refuse(
            "document",
            "sql-among-others",
            "what raw SQL does to the schema cannot be seen, so the other operations cannot be checked",
            "give it a document of its own, or say alongside: true when it leaves their objects and "
                + "the schema's shape alone");
      }
    }
    if (trial.refusals.isEmpty() && trial.best.worseThan(document.down())) {
      trial.at(trial.lossy, document.operations().get(trial.lossy));
      trial.refuse(
          "document",
          "down-undeclared",
          "taking the document back is "
              + trial.best
              + " because of this operation, and it declares "
              + document.down(),
          "give the operation a down, or write down: "
              + trial.best
              + " at the top of the document");
    }
    return trial.outcome();
  }

  private Outcome outcome() {
    return refusals.isEmpty()
        ? new Outcome.Fits(shape, opaque, best)
        : new Outcome.Refused(refusals);
  }

  private void at(int position, Change change) {
    index = position;
    operation = change.operation();
  }

  private void apply(int position, Change change) {
    at(position, change);
    Set<String> touched = tables(change);
    if (touched.stream().anyMatch(spoilt::contains)
        || references(change).anyMatch(spoilt::contains)) {
      spoilt.addAll(touched);
      return;
    }
    Shape before = shape;
    int had = refusals.size();
    switch (change) {
      case Change.CreateTable c -> TableChanges.create(this, c);
      case Change.DropTable c -> TableChanges.drop(this, c);
      case Change.RenameTable c -> TableChanges.rename(this, c);
      case Change.AddColumn c -> ColumnChanges.add(this, c);
      case Change.DropColumn c -> ColumnChanges.drop(this, c);
      case Change.RenameColumn c -> ColumnChanges.rename(this, c);
      case Change.AlterColumn c -> ColumnAlteration.alter(this, c);
      case Change.CreateIndex c -> IndexChanges.create(this, c);
      case Change.DropIndex c -> IndexChanges.drop(this, c);
      case Change.SetReplicaIdentity c -> IndexChanges.identify(this, c);
      case Change.CreateConstraint c -> ConstraintChanges.create(this, c);
      case Change.DropConstraint c -> ConstraintChanges.drop(this, c);
      case Change.DropMulticolumnConstraint c -> ConstraintChanges.drop(this, c);
      case Change.RenameConstraint c -> ConstraintChanges.rename(this, c);
      case Change.Sql c -> RowChanges.sql(this, c);
      case Change.Update c -> RowChanges.update(this, c);
      case Change.MoveColumn c -> RelationChanges.move(this, c);
      case Change.ExtractTable c -> RelationChanges.extract(this, c);
    }
    if (refusals.size() > had) {
      shape = before;
      spoilt.addAll(touched);
    }
  }

  private static Set<String> tables(Change change) {
    return switch (change) {
      case Change.CreateTable c -> Set.of(c.name());
      case Change.DropTable c -> Set.of(c.name());
      case Change.RenameTable c -> both(c.from(), c.to());
      case Change.AddColumn c -> Set.of(c.table());
      case Change.DropColumn c -> Set.of(c.table());
      case Change.RenameColumn c -> Set.of(c.table());
      case Change.AlterColumn c -> Set.of(c.table());
      case Change.CreateIndex c -> Set.of(c.table());
      case Change.DropIndex _, Change.Sql _ -> Set.of();
      case Change.CreateConstraint c -> Set.of(c.table());
      case Change.DropConstraint c -> Set.of(c.table());
      case Change.DropMulticolumnConstraint c -> Set.of(c.table());
      case Change.RenameConstraint c -> Set.of(c.table());
      case Change.SetReplicaIdentity c -> Set.of(c.table());
      case Change.MoveColumn c -> both(c.table(), c.toTable());
      case Change.ExtractTable c -> both(c.table(), c.to());
      case Change.Update c -> Set.of(c.table());
    };
  }

  /** Tables that its foreign keys refer to. */
  private static Stream<String> references(Change change) {
    return switch (change) {
      case Change.CreateTable c ->
          Stream.concat(
              c.columns().stream().flatMap(column -> reference(column.references())),
              c.constraints().stream().flatMap(constraint -> reference(constraint.references())));
      case Change.AddColumn c -> reference(c.column().references());
      case Change.AlterColumn c -> reference(c.references());
      case Change.CreateConstraint c -> reference(c.constraint().references());
      default -> Stream.empty();
    };
  }

  private static Stream<String> reference(Column.@Nullable Reference reference) {
    return reference == null ? Stream.empty() : Stream.of(reference.table());
  }

  private static Stream<String> reference(@Nullable ForeignKey key) {
    return key == null ? Stream.empty() : Stream.of(key.table());
  }

  private static Set<String> both(String one, String other) {
    return one.equals(other) ? Set.of(one) : Set.of(one, other);
  }

  void refuse(String object, String code, String why, String todo) {
    refusals.add(new Refusal(index, operation, object, code, why, todo));
  }

  /** Notes what taking the operation back gives at best. */
  void reverts(Reversal reversal) {
    if (reversal.worseThan(best)) {
      best = reversal;
      lossy = index;
    }
  }

  int refused() {
    return refusals.size();
  }

  /** The table, or null and a refusal. */
  @Nullable Table table(String name) {
    Optional<Table> table = shape.table(name);
    if (table.isEmpty()) {
      refuse(
          name,
          "table-absent",
          "there is no table of that name" + near(name, shape.tables().keySet()),
          "name a table that is there, or create it in an operation before");
    }
    return table.orElse(null);
  }

  /** The column, or null and a refusal. */
  Table.@Nullable Field column(Table table, String name) {
    Optional<Table.Field> column = table.column(name);
    if (column.isEmpty()) {
      refuse(
          table.name() + "." + name,
          "column-absent",
          "the table has no column of that name" + near(name, table.columnNames()),
          "name a column that is there, or add it in an operation before");
    }
    return column.orElse(null);
  }

  private static String near(String name, Iterable<String> known) {
    for (String other : known) {
      if (Distance.between(name, other) <= Math.max(1, name.length() / 4)) {
        return "; there is " + other;
      }
    }
    return "";
  }

  /** Whether a name can be given to something new. */
  boolean name(String object, String name) {
    if (name.isBlank() || name.indexOf('\0') >= 0) {
      refuse(
          object, "name-form", "a name is empty or holds a NUL character", "choose another name");
    } else if (Names.tooLong(name)) {
      refuse(
          object,
          "name-long",
          "the name "
              + name
              + " has "
              + Names.bytes(name)
              + " bytes; PostgreSQL would cut it at 63",
          "shorten it to 63 bytes of UTF-8");
    } else if (Names.reserved(name)) {
      refuse(
          object,
          "name-reserved",
          "names that begin with " + Names.RESERVED_PREFIX + " belong to Copyhold",
          "choose another name");
    } else {
      return true;
    }
    return false;
  }

  /** Whether a new table, index or index-carried constraint can be called so. */
  boolean relationName(String object, String name) {
    if (!name(object, name)) {
      return false;
    }
    if (shape.taken(name)) {
      refuse(
          object,
          "name-taken",
          "a table, an index or a constraint with an index is called " + name + " already",
          "choose another name, or drop that one in an operation before");
      return false;
    }
    return true;
  }

  /** Nobody but Copyhold touches the column that says whose a row is. */
  boolean tenantColumn(Table table, String column) {
    return tenantColumn(table.name(), column);
  }

  boolean tenantColumn(String table, String column) {
    if (column.equals(shape.tenantColumn())) {
      refuse(
          table + "." + column,
          "tenant-column",
          "the column says whose a row is, and is Copyhold's alone",
          "leave it out: documents are the same for all strategies, and Copyhold adds it");
      return true;
    }
    return false;
  }

  /** Whether a text is one SQL expression. Null counts as left out. */
  boolean expression(String object, String field, @Nullable String sql) {
    return sql == null
        || sound(
            object,
            field,
            SqlText.flaw(sql),
            "write one expression there; statements stand in a sql operation");
  }

  /** Whether a text is a list of SQL expressions. */
  void list(String object, String field, String sql) {
    sound(
        object, field, SqlText.listFlaw(sql), "write expressions there, with commas between them");
  }

  /** Whether a text is the name of a type. */
  void type(String object, String type) {
    sound(object, "type", Types.flaw(type), "write one type, like numeric(10,2) or app.mood[]");
  }

  private boolean sound(String object, String field, Optional<String> flaw, String todo) {
    flaw.ifPresent(what ->
        refuse(object, "expression-form", field + " is not what it should be: " + what, todo));
    return flaw.isEmpty();
  }
}
