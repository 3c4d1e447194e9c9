package io.copyhold.tenants.store.postgres.expand;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One step of a plan. Each can be done again after a crash at any point of it. */
public sealed interface Step {
  /** What it is about, as people call it: {@code table customer}. */
  String object();

  /** What an operator reads. */
  String text();

  /** What a step does to the table while it holds its lock. */
  enum Effect {
    /** Touches the catalog alone. */
    CATALOG,
    /** Reads all rows while clients read and write. */
    SCANS,
    /** Writes each row once, in chunks. */
    FILLS
  }

  /**
   * Statements that are one transaction, under a short lock timeout, as the home's owner.
   *
   * @param lock the strongest lock they take, as PostgreSQL's manual calls it
   * @param table the base table that is locked; null for none that clients use
   */
  record Statements(
      String object, @Nullable String table, String lock, Effect effect, List<String> sql)
      implements Step {
    public Statements {
      sql = List.copyOf(sql);
    }

    @Override
    public String text() {
      return String.join(";\n", sql);
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
   * An index that is built while clients write. One that is invalid is dropped and built again.
   *
   * @param name of the index
   * @param sql of the whole statement
   */
  record BuildIndex(String table, String name, String sql) implements Step {
    @Override
    public String object() {
      return "index " + name + " on " + table;
    }

    @Override
    public String text() {
      return sql;
    }
  }

  /** An index that goes while clients write. */
  record DropIndex(String name, String sql) implements Step {
    @Override
    public String object() {
      return "index " + name;
    }

    @Override
    public String text() {
      return sql;
    }
  }

  /**
   * Rows whose marker is set are written once, in chunks, as a client of the version before would: the trigger computes
   * their new columns. In a pool, each tenant's by itself.
   */
  record FillRows(String table, String marker, String version) implements Step {
    @Override
    public String object() {
      return "rows of " + table;
    }

    @Override
    public String text() {
      return "update " + table + " set " + marker + " = false where " + marker + ", in chunks";
    }
  }

  /** New tables of a pool get its policies; then the whole pool is checked. */
  record Isolate() implements Step {
    @Override
    public String object() {
      return "row-level security";
    }

    @Override
    public String text() {
      return "policies for new tables";
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
      return "the change is " + state + "; live: " + live + (gone.isEmpty() ? "" : "; gone: " + gone);
    }
  }
}
