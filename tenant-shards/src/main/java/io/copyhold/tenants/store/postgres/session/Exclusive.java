package io.copyhold.tenants.store.postgres.session;

import io.copyhold.runtime.Problem;
import io.copyhold.tenants.isolation.Place;
import io.copyhold.tenants.store.Fence;
import io.copyhold.tenants.store.StoreSettings;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HexFormat;

/**
 * Statements that cannot run in a transaction, one attempt at a time per home:
 *
 * <ol>
 *   <li>Open a session whose application name tells home, operation and token.
 *   <li>Until it holds the home's advisory lock: end every other session of this home that has a
 *       lower token or belongs to another operation, and try the lock. Trying and not waiting,
 *       since a session that waits inside the server holds a snapshot, and {@code CREATE INDEX
 *       CONCURRENTLY} would wait for it.
 *   <li>Let the fence pass once more: a later attempt may have come in between.
 *   <li>Work. The lock goes with the session, so an attempt that is ended can do nothing more.
 * </ol>
 */
public final class Exclusive {
  private static final String PREFIX = "copyhold:";

  private final Sessions sessions;
  private final HomeBook book;
  private final Pause pause;
  private final StoreSettings settings;

  public Exclusive(Sessions sessions, HomeBook book, Pause pause, StoreSettings settings) {
    this.sessions = sessions;
    this.book = book;
    this.pause = pause;
    this.settings = settings;
  }

  /** Does the work on a session in {@code database} that nobody else shares the home with. */
  public <T> T run(String database, Place place, Fence fence, String doing, Sessions.Work<T> work) {
    String home = home(place);
    return sessions.named(
        database,
        name(place, fence),
        doing,
        c ->
            Sessions.stoppable(
                c,
                fence,
                () -> {
                  lock(c, place, fence, home);
                  sessions.transaction(
                      c,
                      false,
                      settings.lockLimit(),
                      tx -> {
                        book.enter(tx, place, fence, null);
                        return true;
                      });
                  limit(c);
                  return work.on(c);
                }));
  }

  /** What a session is called that works on the home. */
  public static String name(Place place, Fence fence) {
    return home(place)
        + hash(fence.operation().toString(), 4)
        + ':'
        + fence.token().term()
        + '.'
        + fence.token().attempt();
  }

  private static String home(Place place) {
    return PREFIX + hash(place.key(), 8) + ':';
  }

  /** Ends what earlier attempts and other operations have left at work on the home. */
  public static void endOlder(Connection c, Place place, Fence fence) throws SQLException {
    endOlder(c, fence, home(place));
  }

  private void limit(Connection c) throws SQLException {
    Sql.first(
        c,
        "select set_config('statement_timeout', ?, false), set_config('lock_timeout', '0', false)",
        row -> true,
        settings.scriptLimit().toMillis() + "ms");
  }

  private void lock(Connection c, Place place, Fence fence, String home) throws SQLException {
    pause.until(
        settings.sessionsEndLimit(),
        () -> {
          endOlder(c, fence, home);
          return Sql.first(
                  c,
                  "select pg_try_advisory_lock(hashtextextended(?, 7401))",
                  r -> r.getBoolean(1),
                  place.key())
              .orElse(false);
        },
        () ->
            Problem.unavailable("home-busy", "Another attempt works on the home and does not end.")
                .at(place.key())
                .todo("It is tried again; look for sessions named " + home + "* at the server."));
  }

  private static void endOlder(Connection c, Fence fence, String home) throws SQLException {
    Sql.list(
        c,
        """
        select pg_terminate_backend(pid) from pg_stat_activity
        where pid <> pg_backend_pid() and starts_with(application_name, ?)
          and (split_part(application_name, ':', 3) <> ?
            or (split_part(split_part(application_name, ':', 4), '.', 1)::bigint,
                split_part(split_part(application_name, ':', 4), '.', 2)::bigint) < (?, ?))
        """,
        r -> r.getBoolean(1),
        home,
        hash(fence.operation().toString(), 4),
        fence.token().term(),
        fence.token().attempt());
  }

  private static String hash(String text, int bytes) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK lacks SHA-256", e);
    }
  }
}
