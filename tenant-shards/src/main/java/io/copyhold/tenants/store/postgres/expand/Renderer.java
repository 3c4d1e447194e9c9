package io.copyhold.tenants.store.postgres.expand;

import static io.copyhold.runtime.postgres.Identifiers.literal;
import static io.copyhold.runtime.postgres.Identifiers.quote;

import io.copyhold.tenants.document.Change;
import io.copyhold.tenants.document.Constraint;
import io.copyhold.tenants.document.ReplicaIdentity;
import io.copyhold.tenants.document.Table;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.isolation.Place;
import io.copyhold.tenants.store.postgres.ddl.Backfill;
import io.copyhold.tenants.store.postgres.ddl.DdlStatement;
import io.copyhold.tenants.store.postgres.ddl.Fact;
import io.copyhold.tenants.store.postgres.ddl.IndexBuild;
import io.copyhold.tenants.store.postgres.ddl.IndexDrop;
import io.copyhold.tenants.store.postgres.ddl.LockLevel;
import io.copyhold.tenants.store.postgres.ddl.Locked;
import io.copyhold.tenants.store.postgres.ddl.TableName;
import io.copyhold.tenants.store.postgres.ddl.Violations;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Makes the plans of a change: additive things first, and only when it is finalized what cannot be
 * taken back.
 *
 * <p>One step locks one table that clients use, and what it does under that lock touches the
 * catalog alone. What reads or writes rows runs under locks that clients do not notice.
 */
final class Renderer {
  private static final LockLevel EXCLUSIVE = LockLevel.ACCESS_EXCLUSIVE;
  private static final LockLevel SHARED = LockLevel.SHARE_ROW_EXCLUSIVE;

  private final Place home;
  private final List<Link> chain;
  private final Link link;
  private final Difference difference;
  private final Rules rules;

  /**
   * @param chain all open changes, oldest first, with this one
   */
  Renderer(Place home, List<Link> chain, Link link) {
    this.home = home;
    this.chain = List.copyOf(chain);
    this.link = link;
    this.difference = new Difference(home.schema(), link);
    this.rules = new Rules(home.schema(), link.to());
  }

  Plan plan(Phase phase) {
    List<Step> steps =
        switch (phase) {
          case START -> start();
          case FILL -> fill();
          case COMPLETE ->
              List.of(
                  new Step.Turn(
                      Map.of(link.from().version(), false, link.to().version(), true),
                      List.of(),
                      State.COMPLETED));
          case FINALIZE -> finalizing();
          case REVERSE -> reverse();
        };
    return new Plan(link.number(), link.document().name(), phase, steps);
  }

  private String made(String name) {
    return Made.named(link.number(), name);
  }

  private String base(String table) {
    return quote(home.schema(), table);
  }

  private TableName at(String table) {
    return new TableName(home.schema(), table);
  }

  private Step quick(String table, LockLevel lock, List<String> sql, Fact... facts) {
    return new Step.Structure(
        "table " + table,
        new DdlStatement(
            String.join(";\n", sql),
            List.of(new Locked(at(table), lock)),
            DdlStatement.Weight.CATALOG,
            List.of(facts),
            null));
  }

  /** Statements that lock nothing that clients use. */
  private static Step unseen(String object, String sql) {
    return new Step.Structure(
        object, new DdlStatement(sql, List.of(), DdlStatement.Weight.CATALOG, List.of(), null));
  }

  // ---- start

  private List<Step> start() {
    List<Step> steps = new ArrayList<>();
    for (Change change : link.document().operations()) {
      if (change instanceof Change.Sql sql && !sql.onComplete()) {
        steps.add(
            raw(
                home.isolation() == Isolation.POOL && sql.pool() != null
                    ? sql.pool().up()
                    : sql.up()));
      }
    }
    difference.newTables.forEach(table -> steps.add(create(table)));
    for (String table : touched()) {
      List<String> sql = new ArrayList<>();
      List<String> parts = new ArrayList<>();
      for (Difference.Column column : difference.newColumns.getOrDefault(table, List.of())) {
        parts.add("add column if not exists " + definition(column));
      }
      for (Sync sync : link.syncs()) { // of operations that came before another on the same column
        if (sync.up() && sync.table().equals(table) && !placed(table, sync.target())) {
          parts.add("add column if not exists " + quote(sync.target()) + ' ' + sync.type());
        }
      }
      String marker = link.markers().get(table);
      if (marker != null) {
        parts.add("add column if not exists " + quote(marker) + " boolean not null default true");
      }
      if (!parts.isEmpty()) {
        sql.add("alter table " + base(table) + ' ' + String.join(", ", parts));
      }
      sql.addAll(Triggers.render(home, table, through()));
      sql.addAll(unchecked(table));
      if (!sql.isEmpty()) {
        steps.add(quick(table, parts.isEmpty() ? SHARED : EXCLUSIVE, sql));
      }
    }
    steps.add(show(link.to()));
    return steps;
  }

  /** The chain as far as this change. */
  private List<Link> through() {
    return chain.subList(0, chain.indexOf(link) + 1);
  }

  /** Runs as the author wrote it, and may take as long as a script. */
  private static Step raw(String sql) {
    return new Step.Structure(
        "raw SQL",
        new DdlStatement(
            "set local copyhold.version = 'base';\n" + sql,
            List.of(),
            DdlStatement.Weight.SCAN,
            List.of(),
            null));
  }

  /** Base tables that are there and that the change adds something to. */
  private TreeSet<String> touched() {
    TreeSet<String> tables = new TreeSet<>(difference.newColumns.keySet());
    tables.addAll(link.markers().keySet());
    link.syncs().forEach(sync -> tables.add(sync.table()));
    difference.newNotNull.forEach(c -> tables.add(link.to().place(c.table().name()).table()));
    difference.newRules.stream()
        .filter(r -> r.rule().type() == Constraint.Type.CHECK)
        .forEach(r -> tables.add(link.to().place(r.table().name()).table()));
    tables.addAll(Triggers.tables(through())); // their function must know the new version
    tables.retainAll(difference.before.keySet());
    return tables;
  }

  private boolean placed(String base, String column) {
    return difference.newColumns.getOrDefault(base, List.of()).stream()
            .anyMatch(c -> c.place().equals(column))
        || difference
            .was(base)
            .map(t -> link.from().place(t.name()).columns().containsValue(column))
            .orElse(false);
  }

  private String definition(Difference.Column column) {
    Table.Field field = column.field();
    boolean direct =
        link.syncs().stream().noneMatch(s -> s.target().equals(column.place()) && s.up());
    StringBuilder sql = new StringBuilder(quote(column.place())).append(' ').append(field.type());
    if (direct && field.defaultValue() != null) {
      sql.append(" default ").append(field.defaultValue());
    }
    if (field.generated() != null) {
      sql.append(" generated always as (")
          .append(
              new Fragment(field.generated())
                  .renamed(link.to().place(column.table().name()).columns()))
          .append(") stored");
    }
    return sql.toString();
  }

  /** Rules that new writes must meet from now on; rows that are there are checked later. */
  private List<String> unchecked(String table) {
    List<String> sql = new ArrayList<>();
    for (Difference.Column column : difference.newNotNull) {
      if (link.to().place(column.table().name()).table().equals(table)) {
        sql.addAll(
            constraint(
                table,
                Made.notNull(link.number(), column.field().name()),
                "check (" + quote(column.place()) + " is not null) not valid"));
      }
    }
    for (Difference.Rule rule : difference.newRules) {
      if (rule.rule().type() == Constraint.Type.CHECK
          && link.to().place(rule.table().name()).table().equals(table)) {
        sql.addAll(
            constraint(
                table,
                made(rule.rule().name()),
                rules.body(rule.table(), rule.rule()) + " not valid"));
      }
    }
    return sql;
  }

  private List<String> constraint(String table, String name, String body) {
    return List.of(
        "alter table " + base(table) + " drop constraint if exists " + quote(name),
        "alter table " + base(table) + " add constraint " + quote(name) + ' ' + body);
  }

  private Step create(Table table) {
    Layout.Place place = link.to().place(table.name());
    List<String> parts = new ArrayList<>();
    for (Table.Field field : table.columns()) {
      StringBuilder sql = new StringBuilder(quote(place.column(field.name())));
      sql.append(' ').append(field.type());
      if (field.generated() != null) {
        sql.append(" generated always as (")
            .append(new Fragment(field.generated()).renamed(place.columns()))
            .append(") stored");
      } else if (field.identity() != null) {
        String options = field.identity().sequenceOptions();
        sql.append(" generated ")
            .append(field.identity().userSpecifiedValues())
            .append(" as identity (sequence name ")
            .append(base(made(sequence(table, field))))
            .append(options == null ? "" : ' ' + options)
            .append(')');
      } else if (field.defaultValue() != null) {
        sql.append(" default ").append(field.defaultValue());
      } else if (field.name().equals(link.to().shape().tenantColumn())) {
        sql.append(" default copyhold.tenant()"); // documents do not speak of it
      }
      if (!field.nullable()) {
        sql.append(" constraint ")
            .append(quote(Place.fit(table.name() + '_' + field.name() + "_not_null")))
            .append(" not null");
      }
      parts.add(sql.toString());
    }
    for (Table.Rule rule : table.constraints()) {
      if (rule.constraint().type() != Constraint.Type.FOREIGN_KEY) {
        parts.add(
            "constraint " + quote(made(rule.name())) + ' ' + rules.body(table, rule.constraint()));
      }
    }
    return unseen(
        "table " + table.name(),
        "create table if not exists "
            + base(place.table())
            + " (\n  "
            + String.join(",\n  ", parts)
            + "\n)");
  }

  private static String sequence(Table table, Table.Field field) {
    return Place.fit(table.name() + '_' + field.name() + "_seq");
  }

  private Step show(Layout layout) {
    return new Step.ShowVersion(
        layout.version(),
        Views.schema(home, layout.version()),
        Views.render(home, layout, defaults()));
  }

  /**
   * Defaults of base columns while the chain is open: those it began with, and of columns it added
   * as they are.
   */
  private Map<String, Map<String, String>> defaults() {
    Map<String, Map<String, String>> all = new TreeMap<>();
    defaults(all, chain.getFirst().from(), Set.of());
    for (Link one : chain) {
      Set<String> others = new TreeSet<>();
      one.from().places().values().forEach(place -> others.addAll(place.columns().values()));
      one.syncs().stream().filter(Sync::up).forEach(s -> others.add(s.target()));
      defaults(all, one.to(), others);
    }
    return all;
  }

  private static void defaults(
      Map<String, Map<String, String>> all, Layout layout, Set<String> others) {
    for (Table table : layout.shape().tables().values()) {
      Layout.Place place = layout.place(table.name());
      for (Table.Field field : table.columns()) {
        String value = field.defaultValue();
        String column = place.column(field.name());
        if (value != null && !others.contains(column)) {
          all.computeIfAbsent(place.table(), _ -> new LinkedHashMap<>()).putIfAbsent(column, value);
        }
      }
    }
  }

  // ---- fill

  private List<Step> fill() {
    List<Step> steps = new ArrayList<>();
    link.markers()
        .forEach((table, marker) ->
            steps.add(
                new Step.Fill(
                    Backfill.of(filling("fill " + table), at(table), marker, "false")
                        .where(quote(marker))
                        .setting(speaking()),
                    null)));
    steps.addAll(updates(true));
    for (Difference.Column column : difference.newNotNull) {
      steps.add(
          validate(
              link.to().place(column.table().name()).table(),
              Made.notNull(link.number(), column.field().name()),
              "t." + quote(column.place()) + " is null"));
    }
    for (Difference.Rule rule : difference.newRules) {
      String table = link.to().place(rule.table().name()).table();
      boolean there = difference.before.containsKey(table);
      if (there && rule.rule().type() == Constraint.Type.CHECK) {
        steps.add(validate(table, made(rule.rule().name()), null));
      } else if (there && rule.rule().type().key()) {
        String name = made(rule.rule().name());
        steps.add(build(rules.carrier(rule.table(), rule.rule(), name)));
      }
    }
    for (Difference.Index index : difference.newIndexes) {
      String name = made(index.index().name());
      steps.add(build(rules.build(index.table(), index.index(), name)));
    }
    for (Difference.Rule rule : difference.newRules) {
      if (rule.rule().type() == Constraint.Type.FOREIGN_KEY) {
        String table = link.to().place(rule.table().name()).table();
        steps.add(
            quick(
                table,
                SHARED,
                constraint(
                    table,
                    made(rule.rule().name()),
                    rules.body(rule.table(), rule.rule()) + " not valid")));
        steps.add(validate(table, made(rule.rule().name()), null));
      }
    }
    steps.add(
        new Step.Turn(
            Map.of(link.from().version(), true, link.to().version(), true), List.of(), State.BOTH));
    return steps;
  }

  private static Step build(IndexBuild index) {
    return new Step.Structure("index " + index.name() + " on " + index.table().name(), index);
  }

  private String filling(String what) {
    return "change " + link.number() + ", " + what;
  }

  private Backfill.Setting speaking() {
    return new Backfill.Setting("copyhold.version", link.from().version());
  }

  /** Data migrations of the document, or what takes them back. */
  private List<Step> updates(boolean forward) {
    List<Step> steps = new ArrayList<>();
    List<Change> changes = link.document().operations();
    for (int i = 0; i < changes.size(); i++) {
      if (changes.get(i) instanceof Change.Update update) {
        String table = place(update.table()).table();
        Backfill done =
            filling("update " + i, at(table), assignments(update, update.set(), update.where()));
        if (forward) {
          steps.add(new Step.Fill(done, null));
        } else if (!update.down().isEmpty()) {
          steps.add(
              new Step.Fill(
                  filling("undo update " + i, at(table), assignments(update, update.down(), null)),
                  done));
        }
      }
    }
    return forward ? steps : steps.reversed();
  }

  private Backfill filling(String what, TableName table, List<Backfill.Assignment> set) {
    return new Backfill(filling(what), table, set, List.of(), null, List.of(speaking()), 0);
  }

  private List<Backfill.Assignment> assignments(
      Change.Update update, Map<String, String> set, @Nullable String where) {
    Map<String, String> columns = place(update.table()).columns();
    List<Backfill.Assignment> all = new ArrayList<>();
    set.forEach((name, expression) -> {
      String column = place(update.table()).column(name);
      String value = new Fragment(expression).renamed(columns);
      all.add(
          new Backfill.Assignment(
              column,
              where == null
                  ? value
                  : "case when "
                      + new Fragment(where).renamed(columns)
                      + " then ("
                      + value
                      + ") else "
                      + quote(column)
                      + " end"));
    });
    return all;
  }

  private Layout.Place place(String table) {
    return (link.to().places().containsKey(table) ? link.to() : link.from()).place(table);
  }

  private Step validate(String table, String constraint, @Nullable String broken) {
    return new Step.Structure(
        "constraint " + constraint + " of " + table,
        DdlStatement.scan(
            "alter table " + base(table) + " validate constraint " + quote(constraint),
            at(table),
            LockLevel.SHARE_UPDATE_EXCLUSIVE,
            broken == null ? null : new Violations(at(table), broken),
            Fact.validated(at(table), constraint)));
  }

  // ---- finalize

  private List<Step> finalizing() {
    List<Step> steps = new ArrayList<>();
    steps.add(
        new Step.Turn(
            Map.of(link.to().version(), true), List.of(link.from().version()), State.FINALIZING));
    steps.add(unseen("version " + link.from().version(), Views.drop(home, link.from().version())));
    for (Difference.Rule rule : difference.goneRules) {
      if (rule.rule().type() == Constraint.Type.FOREIGN_KEY) {
        String table = link.from().place(rule.table().name()).table();
        steps.add(
            quick(
                table,
                EXCLUSIVE,
                List.of(
                    "alter table if exists "
                        + base(table)
                        + " drop constraint if exists "
                        + quote(rule.rule().name()))));
      }
    }
    for (Difference.Index index : difference.goneIndexes) {
      steps.add(drop(index.index().name()));
    }
    for (String table : difference.goneTables) {
      List<String> sql = new ArrayList<>(Triggers.drop(home, table));
      sql.set(0, "drop table if exists " + base(table));
      sql.remove(1);
      steps.add(quick(table, EXCLUSIVE, sql));
    }
    for (Map.Entry<String, Table> entry : difference.after.entrySet()) {
      settle(entry.getKey(), entry.getValue()).ifPresent(steps::add);
    }
    for (Change change : link.document().operations()) {
      if (change instanceof Change.Sql sql && sql.onComplete()) {
        steps.add(
            raw(
                home.isolation() == Isolation.POOL && sql.pool() != null
                    ? sql.pool().up()
                    : sql.up()));
      }
    }
    steps.add(new Step.Turn(Map.of(link.to().version(), true), List.of(), State.FINALIZED));
    return steps;
  }

  /**
   * Everything of one table at once: from here on it is called and looks as the new version says.
   */
  private Optional<Step> settle(String table, Table now) {
    Layout.Place place = link.to().place(now.name());
    List<String> parts = new ArrayList<>(); // of one ALTER TABLE each, in this order
    String alter = "alter table " + base(table) + ' ';
    Table was = difference.before.get(table);
    boolean synced = Triggers.tables(chain).contains(table);
    List<String> sql = new ArrayList<>();
    if (synced) {
      sql.addAll(Triggers.drop(home, table));
    }
    if (was != null) {
      for (Difference.Rule rule : difference.goneRules) {
        if (link.from().place(rule.table().name()).table().equals(table)
            && rule.rule().type() != Constraint.Type.FOREIGN_KEY) {
          parts.add("drop constraint if exists " + quote(rule.rule().name()));
        }
      }
      for (String column : goneColumns(table, was, place)) {
        parts.add("drop column if exists " + quote(column));
      }
    }
    for (Difference.Column column : difference.newNotNull) {
      if (column.table().equals(now)) {
        parts.add("alter column " + quote(column.place()) + " set not null");
      }
    }
    for (Difference.Column column : difference.newNotNull) {
      if (column.table().equals(now)) {
        parts.add(
            "drop constraint if exists "
                + quote(Made.notNull(link.number(), column.field().name())));
      }
    }
    for (Difference.Column column : difference.goneNotNull) {
      if (column.table().equals(now)) {
        parts.add("alter column " + quote(column.place()) + " drop not null");
      }
    }
    defaults(parts, was, now, place);
    for (Difference.Rule rule : difference.newRules) {
      if (rule.table().equals(now)) {
        String name = made(rule.rule().name());
        parts.add(
            was != null && rule.rule().type().key()
                ? Rules.carried(rule.rule(), name)
                : "rename constraint " + quote(name) + " to " + quote(rule.rule().name()));
      }
    }
    difference.renamedRules.stream()
        .filter(r -> r.base().equals(table))
        .forEach(r -> parts.add("rename constraint " + quote(r.from()) + " to " + quote(r.to())));
    for (Difference.Index index : difference.newIndexes) {
      if (index.table().equals(now)) {
        sql.add(rename("index", made(index.index().name()), index.index().name()));
      }
    }
    difference.renamedIndexes.stream()
        .filter(r -> r.base().equals(table))
        .forEach(r -> sql.add(rename("index", r.from(), r.to())));
    columnNames(parts, place);
    identity(parts, was, now);
    int first = synced ? 3 : 0;
    List<String> altered = parts.stream().map(part -> alter + part).toList();
    List<String> indexNames = new ArrayList<>(sql.subList(first, sql.size()));
    List<String> all = new ArrayList<>(sql.subList(0, first));
    all.addAll(altered);
    all.addAll(indexNames); // after the old ones of that name have gone with their columns
    if (now.comment() != null && (was == null || !now.comment().equals(was.comment()))) {
      all.add("comment on table " + base(table) + " is " + literal(now.comment()));
    }
    if (was == null) {
      for (Table.Field field : now.columns()) {
        if (field.identity() != null) {
          all.add(rename("sequence", made(sequence(now, field)), sequence(now, field)));
        }
      }
    }
    if (!table.equals(now.name())) {
      all.add(rename("table", table, now.name()));
    }
    List<Link> rest = rest();
    if (Triggers.tables(rest).contains(now.name())) {
      all.addAll(Triggers.render(home, now.name(), rest));
    }
    return all.isEmpty() ? Optional.empty() : Optional.of(quick(table, EXCLUSIVE, all));
  }

  /** Later changes as they are once this one is the base. */
  private List<Link> rest() {
    List<Link> rest = new ArrayList<>();
    Layout layout = Layout.plain(link.to().version(), link.to().shape());
    for (Link later : chain.subList(chain.indexOf(link) + 1, chain.size())) {
      Link again = Fold.of(later.number(), layout, later.document());
      rest.add(again);
      layout = again.to();
    }
    return rest;
  }

  /** Base columns that no version from now on has. */
  private TreeSet<String> goneColumns(String table, Table was, Layout.Place now) {
    TreeSet<String> gone = new TreeSet<>(link.from().place(was.name()).columns().values());
    link.syncs().stream().filter(s -> s.table().equals(table)).forEach(s -> gone.add(s.target()));
    gone.removeAll(now.columns().values());
    String marker = link.markers().get(table);
    if (marker != null) {
      gone.add(marker);
    }
    return gone;
  }

  private void defaults(List<String> parts, @Nullable Table was, Table now, Layout.Place place) {
    if (was == null) {
      return;
    }
    Map<String, Map<String, String>> base = defaults();
    Map<String, String> known = base.getOrDefault(place.table(), Map.of());
    for (Table.Field field : now.columns()) {
      String column = place.column(field.name());
      String value = field.defaultValue();
      if (field.identity() != null || field.generated() != null) {
        continue;
      }
      if (value != null && !value.equals(known.get(column))) {
        parts.add("alter column " + quote(column) + " set default " + value);
      } else if (value == null && known.containsKey(column)) {
        parts.add("alter column " + quote(column) + " drop default");
      }
    }
  }

  /** A name may be another column's until that one is renamed. */
  private static void columnNames(List<String> parts, Layout.Place place) {
    Map<String, String> open = new LinkedHashMap<>();
    place
        .columns()
        .forEach((name, column) -> {
          if (!name.equals(column)) {
            open.put(name, column);
          }
        });
    TreeSet<String> taken = new TreeSet<>(open.values());
    int n = 0;
    Map<String, String> second = new LinkedHashMap<>();
    for (Map.Entry<String, String> entry : open.entrySet()) {
      if (taken.contains(entry.getKey())) {
        String between = Made.PREFIX + "rename_" + ++n;
        parts.add("rename column " + quote(entry.getValue()) + " to " + quote(between));
        second.put(entry.getKey(), between);
      } else {
        second.put(entry.getKey(), entry.getValue());
      }
    }
    second.forEach(
        (name, column) -> parts.add("rename column " + quote(column) + " to " + quote(name)));
  }

  private static void identity(List<String> parts, @Nullable Table was, Table now) {
    if (!now.replicaIdentity()
        .equals(was == null ? ReplicaIdentity.DEFAULT : was.replicaIdentity())) {
      String index = now.replicaIdentity().index();
      parts.add(
          "replica identity "
              + (index == null
                  ? now.replicaIdentity().type().toString()
                  : "using index " + quote(index)));
    }
  }

  private String rename(String kind, String from, String to) {
    return "alter " + kind + " if exists " + base(from) + " rename to " + quote(to);
  }

  // ---- back

  private List<Step> reverse() {
    List<Step> steps = new ArrayList<>();
    steps.add(
        new Step.Turn(
            Map.of(link.from().version(), true), List.of(link.to().version()), State.REVERSING));
    steps.add(unseen("version " + link.to().version(), Views.drop(home, link.to().version())));
    steps.addAll(updates(false));
    for (Difference.Rule rule : difference.newRules) {
      if (rule.rule().type() == Constraint.Type.FOREIGN_KEY) {
        String table = link.to().place(rule.table().name()).table();
        steps.add(
            quick(
                table,
                EXCLUSIVE,
                List.of(
                    "alter table if exists "
                        + base(table)
                        + " drop constraint if exists "
                        + quote(made(rule.rule().name())))));
      } else if (rule.rule().type().key()
          && difference.before.containsKey(link.to().place(rule.table().name()).table())) {
        steps.add(drop(made(rule.rule().name())));
      }
    }
    difference.newIndexes.forEach(i -> steps.add(drop(made(i.index().name()))));
    for (String table : touched()) {
      List<String> sql = new ArrayList<>(back(table));
      steps.add(quick(table, EXCLUSIVE, sql));
    }
    for (Table table : difference.newTables) {
      steps.add(
          unseen(
              "table " + table.name(),
              "drop table if exists " + base(link.to().place(table.name()).table())));
    }
    for (Change change : link.document().operations().reversed()) {
      if (change instanceof Change.Sql sql && !sql.onComplete()) {
        String down =
            home.isolation() == Isolation.POOL && sql.pool() != null
                ? sql.pool().down()
                : sql.down();
        if (down != null) {
          steps.add(raw(down));
        }
      }
    }
    steps.add(new Step.Turn(Map.of(link.from().version(), true), List.of(), State.REVERSED));
    return steps;
  }

  private Step drop(String index) {
    return new Step.Structure("index " + index, new IndexDrop(home.schema(), index));
  }

  private List<String> back(String table) {
    List<Link> rest = chain.subList(0, chain.indexOf(link));
    List<String> sql =
        new ArrayList<>(
            Triggers.tables(rest).contains(table)
                ? Triggers.render(home, table, rest)
                : Triggers.drop(home, table));
    List<String> parts = new ArrayList<>();
    for (Difference.Column column : difference.newNotNull) {
      if (link.to().place(column.table().name()).table().equals(table)) {
        parts.add(
            "drop constraint if exists "
                + quote(Made.notNull(link.number(), column.field().name())));
      }
    }
    for (Difference.Rule rule : difference.newRules) {
      if (rule.rule().type() == Constraint.Type.CHECK
          && link.to().place(rule.table().name()).table().equals(table)) {
        parts.add("drop constraint if exists " + quote(made(rule.rule().name())));
      }
    }
    TreeSet<String> columns = new TreeSet<>();
    difference.newColumns.getOrDefault(table, List.of()).forEach(c -> columns.add(c.place()));
    link.syncs().stream()
        .filter(s -> s.up() && s.table().equals(table))
        .forEach(s -> columns.add(s.target()));
    String marker = link.markers().get(table);
    if (marker != null) {
      columns.add(marker);
    }
    columns.forEach(column -> parts.add("drop column if exists " + quote(column)));
    if (!parts.isEmpty()) {
      sql.add("alter table if exists " + base(table) + ' ' + String.join(", ", parts));
    }
    return sql;
  }
}
