package io.copyhold.tenants.document.lint;

import static io.copyhold.tenants.document.lint.Lock.ACCESS_EXCLUSIVE;
import static io.copyhold.tenants.document.lint.Lock.NONE;
import static io.copyhold.tenants.document.lint.Lock.SHARE;
import static io.copyhold.tenants.document.lint.Lock.SHARE_ROW_EXCLUSIVE;
import static io.copyhold.tenants.document.lint.Rule.Harm.BREAKS;
import static io.copyhold.tenants.document.lint.Rule.Harm.FAILS;
import static io.copyhold.tenants.document.lint.Rule.Harm.LEAKS;
import static io.copyhold.tenants.document.lint.Rule.Harm.LOSES;
import static io.copyhold.tenants.document.lint.Rule.Harm.REGRETS;
import static io.copyhold.tenants.document.lint.Rule.Harm.STALLS;
import static io.copyhold.tenants.document.lint.Rule.Work.REWRITE;
import static io.copyhold.tenants.document.lint.Rule.Work.SCAN;
import static io.copyhold.tenants.document.lint.Rule.Work.SHORT;

import java.util.Locale;

/** The rules: what harm is done, under which lock, with how much work, and what to do instead. */
public enum Rule {
  INDEX_BLOCKING(
      STALLS,
      SHARE,
      SCAN,
      "writers wait until the index is built",
      "use create_index, or CREATE INDEX CONCURRENTLY in a script of its own"),
  INDEX_IN_TRANSACTION(
      FAILS,
      NONE,
      SHORT,
      "CONCURRENTLY does not run in a transaction, and the statements of a script share one",
      "use create_index or drop_index, or a script that begins with -- copyhold: no-transaction"),
  INDEX_IF_NOT_EXISTS(
      REGRETS,
      NONE,
      SHORT,
      "a build that broke off leaves an invalid index of that name, which this takes for good",
      "use create_index: it looks, drops and builds again"),
  INDEX_DROP_BLOCKING(
      STALLS,
      ACCESS_EXCLUSIVE,
      SHORT,
      "readers and writers wait behind everybody who uses the table",
      "use drop_index, or DROP INDEX CONCURRENTLY in a script of its own"),
  REINDEX_BLOCKING(
      STALLS,
      ACCESS_EXCLUSIVE,
      SCAN,
      "writers wait, and readers that would use the index",
      "use REINDEX … CONCURRENTLY in a script of its own"),
  INDEX_REDUNDANT(
      REGRETS,
      NONE,
      SHORT,
      "another index begins with the same columns, so this one costs writes and serves nobody",
      "leave it out, or drop the shorter one"),
  FOREIGN_KEY_UNINDEXED(
      REGRETS,
      NONE,
      SCAN,
      "no index begins with its columns, so each delete of a row it refers to reads the table",
      "create an index over them in the same document"),
  COLUMN_VOLATILE_DEFAULT(
      STALLS,
      ACCESS_EXCLUSIVE,
      REWRITE,
      "the default differs from row to row, so every row is written again",
      "use add_column with an up; it fills rows in chunks"),
  COLUMN_SERIAL(
      STALLS,
      ACCESS_EXCLUSIVE,
      REWRITE,
      "every row is written again to get its number",
      "use add_column with an up that takes numbers from a sequence"),
  COLUMN_STORED(
      STALLS,
      ACCESS_EXCLUSIVE,
      REWRITE,
      "every row is written again to hold the computed value",
      "use add_column with an up, or compute it in a view"),
  COLUMN_NOT_NULL(
      FAILS,
      ACCESS_EXCLUSIVE,
      SHORT,
      "it fails unless the table is empty: rows that are there have no value",
      "use add_column with an up or a constant default"),
  COLUMN_INLINE_KEY(
      STALLS,
      ACCESS_EXCLUSIVE,
      SCAN,
      "its index is built while everybody waits",
      "use add_column, then create_constraint"),
  COLUMN_INLINE_REFERENCE(
      STALLS,
      SHARE_ROW_EXCLUSIVE,
      SCAN,
      "both tables are locked, and rows are checked when there is a default",
      "use add_column, then create_constraint"),
  COLUMN_TYPE(
      STALLS,
      ACCESS_EXCLUSIVE,
      REWRITE,
      "every row and index is written again while everybody waits, and old versions see another type",
      "use alter_column with type, up and down"),
  COLUMN_SET_NOT_NULL(
      STALLS,
      ACCESS_EXCLUSIVE,
      SCAN,
      "every row is read while everybody waits",
      "use alter_column with nullable: false and an up"),
  COLUMN_DROP(
      BREAKS,
      ACCESS_EXCLUSIVE,
      SHORT,
      "versions that name it fail at once, and its values are gone",
      "use drop_column, which keeps it until the document is finalized"),
  COLUMN_RENAME(
      BREAKS,
      ACCESS_EXCLUSIVE,
      SHORT,
      "versions that use the old name fail at once",
      "use rename_column: each version keeps its name"),
  TABLE_DROP(
      BREAKS,
      ACCESS_EXCLUSIVE,
      SHORT,
      "versions that name it fail at once, and its rows are gone",
      "use drop_table, which keeps it until the document is finalized"),
  TABLE_RENAME(
      BREAKS,
      ACCESS_EXCLUSIVE,
      SHORT,
      "versions that use the old name fail at once",
      "use rename_table: each version keeps its name"),
  SCHEMA_RENAME(
      BREAKS,
      NONE,
      SHORT,
      "every statement that names the schema fails, and Copyhold no longer finds the home",
      "leave names of schemas to Copyhold"),
  SCHEMA_DROP(
      LOSES,
      ACCESS_EXCLUSIVE,
      SHORT,
      "a home is a schema: this removes one behind Copyhold's back",
      "offboard the tenant instead"),
  DATABASE_DROP(
      LOSES,
      NONE,
      SHORT,
      "a home may be a database: this removes one behind Copyhold's back",
      "offboard the tenant instead"),
  TYPE_RENAME(
      BREAKS,
      NONE,
      SHORT,
      "versions that use the old name fail at once",
      "add a new type, and alter_column to it with up and down"),
  ENUM_RENAME_VALUE(
      BREAKS,
      NONE,
      SHORT,
      "versions that write the old value fail at once",
      "add a value, and move rows to it with update"),
  ENUM_VALUE_IN_TRANSACTION(
      FAILS,
      NONE,
      SHORT,
      "a new value cannot be used in the transaction that adds it",
      "give ALTER TYPE … ADD VALUE a document of its own, before the one that uses it"),
  CONSTRAINT_CHECK(
      STALLS,
      ACCESS_EXCLUSIVE,
      SCAN,
      "every row is read while everybody waits",
      "use create_constraint, or NOT VALID and a VALIDATE in a script after it"),
  CONSTRAINT_FOREIGN_KEY(
      STALLS,
      SHARE_ROW_EXCLUSIVE,
      SCAN,
      "every row is looked up while writers of both tables wait",
      "use create_constraint, or NOT VALID and a VALIDATE in a script after it"),
  CONSTRAINT_UNIQUE(
      STALLS,
      ACCESS_EXCLUSIVE,
      SCAN,
      "its index is built while everybody waits",
      "use create_constraint, or a concurrent unique index and ADD CONSTRAINT … USING INDEX"),
  CONSTRAINT_PRIMARY_KEY(
      STALLS,
      ACCESS_EXCLUSIVE,
      SCAN,
      "its index is built, and columns are made NOT NULL, while everybody waits",
      "use create_constraint with type primary_key"),
  CONSTRAINT_EXCLUDE(
      STALLS,
      ACCESS_EXCLUSIVE,
      SCAN,
      "its index is built while everybody waits, and it can be neither NOT VALID nor concurrent",
      "create a table that has it, and move the rows there"),
  CONSTRAINT_DROP(
      STALLS,
      ACCESS_EXCLUSIVE,
      SHORT,
      "a foreign key locks both tables, and the old version relies on the constraint still",
      "use drop_constraint, which keeps it for the old version"),
  CONSTRAINT_VALIDATED_TOGETHER(
      STALLS,
      ACCESS_EXCLUSIVE,
      SCAN,
      "validated in the transaction that added it, it keeps the strong lock while rows are read",
      "put VALIDATE CONSTRAINT into a script after it"),
  DOMAIN_CONSTRAINT(
      STALLS,
      SHARE,
      SCAN,
      "every table with a column of the domain is read",
      "add it NOT VALID, and validate it in a script after it"),
  PARTITION_ATTACH(
      STALLS,
      ACCESS_EXCLUSIVE,
      SCAN,
      "without a validated check that implies the bounds, every row is read under the lock",
      "add such a check NOT VALID and validate it before"),
  PARTITION_DETACH(
      STALLS,
      ACCESS_EXCLUSIVE,
      SHORT,
      "everybody who uses the partitioned table waits",
      "use DETACH PARTITION … CONCURRENTLY in a script of its own"),
  CLUSTERED(
      STALLS,
      ACCESS_EXCLUSIVE,
      REWRITE,
      "the table is written again while everybody waits",
      "leave the order of rows to the server"),
  VACUUM_FULL(
      STALLS,
      ACCESS_EXCLUSIVE,
      REWRITE,
      "the table is written again while everybody waits, and it does not run in a transaction",
      "use plain VACUUM; move a bloated tenant to shrink it"),
  PERSISTENCE(
      STALLS,
      ACCESS_EXCLUSIVE,
      REWRITE,
      "the table is written again while everybody waits",
      "create a table that is as you want it, and move the rows there"),
  STORAGE_MOVE(
      STALLS,
      ACCESS_EXCLUSIVE,
      REWRITE,
      "the files are copied while everybody waits",
      "move the tenant to a store that has the tablespace"),
  MATERIALIZED_VIEW_REFRESH(
      STALLS,
      ACCESS_EXCLUSIVE,
      SCAN,
      "readers of the view wait until its query is done",
      "use REFRESH … CONCURRENTLY, with a unique index on the view"),
  TRIGGER_CREATE(
      STALLS,
      SHARE_ROW_EXCLUSIVE,
      SHORT,
      "writers wait behind everybody who writes, and each row pays from then on",
      "run it in a script of its own, so that its lock is short"),
  TRIGGER_DISABLE(
      LOSES,
      SHARE_ROW_EXCLUSIVE,
      SHORT,
      "the triggers that keep versions in step may be among them",
      "change the function that the trigger calls"),
  TABLE_LOCK(
      STALLS,
      ACCESS_EXCLUSIVE,
      SHORT,
      "an explicit lock is held until the transaction ends",
      "leave it out: operations take the locks they need, with a limit"),
  TABLES_LOCKED_TOGETHER(
      STALLS,
      ACCESS_EXCLUSIVE,
      SHORT,
      "several tables are locked in one transaction, which waits for all of their users at once and "
          + "may deadlock",
      "give each table a script of its own"),
  TRUNCATES(
      LOSES,
      ACCESS_EXCLUSIVE,
      SHORT,
      "all rows go, also other tenants' in a pool, and change feeds with filters do not see it",
      "use update or a DELETE with a condition"),
  UPDATE_ALL(
      STALLS,
      NONE,
      REWRITE,
      "every row is locked until the end of one long transaction, which also holds back vacuum",
      "use the operation update: it works in chunks"),
  DELETE_ALL(
      LOSES,
      NONE,
      REWRITE,
      "every row goes, in one long transaction",
      "say which rows, and delete them in pieces"),
  DROP_CASCADE(
      LOSES,
      ACCESS_EXCLUSIVE,
      SHORT,
      "what hangs on it goes unseen, Copyhold's views and triggers too",
      "name what is to go, one by one"),
  TRANSACTION_CONTROL(
      FAILS,
      NONE,
      SHORT,
      "the transaction is Copyhold's: it ends with the ledger's row",
      "leave out BEGIN, COMMIT, ROLLBACK and SAVEPOINT"),
  SESSION_SETTING(
      LEAKS,
      NONE,
      SHORT,
      "a role or search path that stays set would run what follows in another home",
      "use SET LOCAL, or qualify names"),
  ROW_SECURITY_OFF(
      LEAKS,
      ACCESS_EXCLUSIVE,
      SHORT,
      "in a pool tenants would see each other's rows",
      "leave row-level security to Copyhold"),
  POLICY_CHANGE(
      LEAKS,
      ACCESS_EXCLUSIVE,
      SHORT,
      "policies add up: a permissive one opens the table to other tenants",
      "leave policies to Copyhold, or write AS RESTRICTIVE"),
  SECURITY_DEFINER(
      LEAKS,
      NONE,
      SHORT,
      "it runs as its owner, past row-level security, with the caller's search path",
      "leave out SECURITY DEFINER, or SET search_path on the function"),
  VIEW_INVOKER(
      LEAKS,
      NONE,
      SHORT,
      "it reads as its owner, so that row-level security sees the wrong role",
      "write CREATE VIEW … WITH (security_invoker = true)"),
  MATERIALIZED_VIEW(
      LEAKS,
      NONE,
      SCAN,
      "it holds rows of all tenants and has no row-level security",
      "use a table that has a tenant column"),
  GRANT_PUBLIC(
      LEAKS,
      NONE,
      SHORT,
      "every login of the database gets it, other tenants' too",
      "leave grants to Copyhold"),
  OWNER_CHANGE(
      FAILS,
      ACCESS_EXCLUSIVE,
      SHORT,
      "later versions run as the home's owner and could not change it",
      "leave owners to Copyhold"),
  TABLE_UNLOGGED(
      LOSES,
      NONE,
      SHORT,
      "its rows are gone after a crash, on a standby and after a move",
      "leave out UNLOGGED"),
  TABLE_KEYLESS(
      REGRETS,
      NONE,
      SHORT,
      "rows have no key: backfills and moves work on the table as a whole",
      "give it a primary key"),
  TABLE_AS(
      REGRETS,
      NONE,
      SCAN,
      "it has no keys, no defaults and no NOT NULL, and rows are copied in one transaction",
      "use create_table, then update"),
  LARGE_OBJECT(
      FAILS,
      NONE,
      SHORT,
      "large objects belong to no tenant: homes with them cannot be moved",
      "use bytea"),
  NAME_LONG(
      REGRETS,
      NONE,
      SHORT,
      "PostgreSQL cuts a name at 63 bytes in silence, so two may become one",
      "shorten it"),
  TYPE_CHAR(
      REGRETS,
      NONE,
      SHORT,
      "char(n) fills up with spaces, and comparisons ignore them",
      "use text, with a check for its length"),
  TYPE_TIMESTAMP(
      REGRETS,
      NONE,
      SHORT,
      "a timestamp without time zone means another instant on each client",
      "use timestamptz"),
  TYPE_JSON(
      REGRETS, NONE, SHORT, "json has no equality, so SELECT DISTINCT over it fails", "use jsonb"),
  TYPE_MONEY(REGRETS, NONE, SHORT, "money depends on the server's locale", "use numeric"),
  KEY_NARROW(
      REGRETS,
      NONE,
      SHORT,
      "numbers run out at two thousand million, and widening a key writes every row again",
      "use bigint");

  /** What comes of it. */
  public enum Harm {
    /** Rows are lost. */
    LOSES,
    /** One tenant may see another's rows. */
    LEAKS,
    /** Live versions fail. */
    BREAKS,
    /** It does not run. */
    FAILS,
    /** Applications wait. */
    STALLS,
    /** It will be regretted later. */
    REGRETS
  }

  /** How long the lock is held. */
  public enum Work {
    SHORT,
    /** Every row is read. */
    SCAN,
    /** Every row is written. */
    REWRITE
  }

  private final Harm harm;
  private final Lock lock;
  private final Work work;
  private final String why;
  private final String instead;

  Rule(Harm harm, Lock lock, Work work, String why, String instead) {
    this.harm = harm;
    this.lock = lock;
    this.work = work;
    this.why = why;
    this.instead = instead;
  }

  /** Stable, kebab-case: {@code index-blocking}. */
  public String id() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  public Harm harm() {
    return harm;
  }

  /** The strongest lock it takes on a table that is there. */
  public Lock lock() {
    return lock;
  }

  public Work work() {
    return work;
  }

  public String why() {
    return why;
  }

  /** A safer way to say it. */
  public String instead() {
    return instead;
  }
}
