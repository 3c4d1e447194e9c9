package io.copyhold.tenants.store.postgres.ddl;

import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A session that holds what is waited for. Never its statement's text, which shows values.
 *
 * @param pid of its server process; 0 for a prepared transaction
 * @param user its login, or what sort of process it is
 * @param state such as {@code idle in transaction}; null when it is hidden from the control role
 * @param statement the first word of its statement; null when there is none, or hidden
 * @param transactionAge null without a transaction, or when it is hidden
 * @param statementAge since its last statement began; null as above
 * @param ended what was done about it: {@code cancelled}, {@code terminated}, {@code may not be
 *     cancelled}; empty for nothing
 */
public record Blocker(
    int pid,
    String user,
    String application,
    @Nullable String state,
    @Nullable String statement,
    @Nullable Duration transactionAge,
    @Nullable Duration statementAge,
    Kind kind,
    String ended) {

  /** Who it is. */
  public enum Kind {
    CLIENT,
    /** Gives way when it is cancelled, or after {@code deadlock_timeout}. */
    AUTOVACUUM,
    /** Does not give way. */
    WRAPAROUND,
    /** An autovacuum, and what it is about is hidden from the control role. */
    VACUUM_HIDDEN,
    PREPARED
  }

  Blocker ended(String how) {
    return new Blocker(
        pid, user, application, state, statement, transactionAge, statementAge, kind, how);
  }

  static String list(List<Blocker> blockers) {
    return blockers.isEmpty()
        ? "the holder has gone meanwhile"
        : blockers.stream().map(Blocker::toString).collect(Collectors.joining("; "));
  }

  @Override
  public String toString() {
    String who =
        (kind == Kind.PREPARED ? "prepared transaction (" : "pid " + pid + " (")
            + user
            + ", "
            + (application.isEmpty() ? "no name" : application)
            + ")";
    String what =
        state == null && transactionAge == null
            ? "the rest hidden from us: grant pg_read_all_stats"
            : (state == null ? "" : state)
                + (statement == null ? "" : " " + statement)
                + (transactionAge == null
                    ? ""
                    : ", transaction open for " + transactionAge.toSeconds() + " s")
                + (statementAge == null
                    ? ""
                    : ", statement begun " + statementAge.toSeconds() + " s ago");
    return who
        + ", "
        + (kind == Kind.WRAPAROUND ? "prevents wraparound, " : "")
        + what
        + (ended.isEmpty() ? "" : ", " + ended);
  }
}
