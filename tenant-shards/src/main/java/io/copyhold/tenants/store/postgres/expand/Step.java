package io.copyhold.tenants.store.postgres.expand;

import io.copyhold.tenants.store.postgres.ddl.Backfill;
import io.copyhold.tenants.store.postgres.ddl.Change;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** One step of a plan. Each can be done again after a crash at any point of it. */
public sealed interface Step {
  /** What it is about, as people call it: {@code table customer}. */
  String object();

  /** What an operator reads. */
  String text();

  /** A change of the structure of one table, done under lock discipline. */
  record Structure(String object, Change change) implements Step {
    @Override
    public String text() {
      return change.sql();
    }
  }

  /**
   * A schema for a version's views, and the views.
   *
   * @param schema makes the schema, as the control role
   * @param sql makes the views, as the home's owner
   */
  record ShowVersion(String version, String schema, List<String> sql) implements Step {
    public ShowVersion {
      sql = List.copyOf(sql);
    }

    @Override
    public String object() {
      return "version " + version;
    }

    @Override
    public String text() {
      return schema + ";\n" + String.join(";\n", sql);
    }
  }

  /**
   * Rows that are written once, in chunks, as a client of a version would; in a pool, each tenant's
   * by itself.
   *
   * @param undoes what it takes back: it comes to its end first if it was begun, and nothing is
   *     done if it was not
   */
  record Fill(Backfill rows, @Nullable Backfill undoes) implements Step {
    @Override
    public String object() {
      return "rows of " + rows.table().name();
    }

    @Override
    public String text() {
      return "update "
          + rows.table()
          + " set "
          + rows.set().stream()
              .map(a -> a.column() + " = " + a.expression())
              .collect(Collectors.joining(", "))
          + (rows.pending() == null ? "" : " where " + rows.pending());
    }
  }

  /**
   * Which versions clients may speak from now on.
   *
   * @param live by version; one that is in {@code gone} is forgotten
   * @param state of the change from now on
   */
  record Turn(Map<String, Boolean> live, List<String> gone, State state) implements Step {
    public Turn {
      live = Map.copyOf(live);
      gone = List.copyOf(gone);
    }

    @Override
    public String object() {
      return "versions";
    }

    @Override
    public String text() {
      return "the change is "
          + state
          + "; live: "
          + live
          + (gone.isEmpty() ? "" : "; gone: " + gone);
    }
  }
}
