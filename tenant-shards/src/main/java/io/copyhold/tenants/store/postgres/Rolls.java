package io.copyhold.tenants.store.postgres;

import io.copyhold.runtime.ProblemException;
import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.store.HomeRecord;
import io.copyhold.tenants.store.postgres.session.HomeBook;
import io.copyhold.tenants.store.postgres.session.Sessions;
import io.copyhold.tenants.store.postgres.session.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads everything that a server's homes say of themselves, and notes in them that their owners
 * agree. The home of a database is written down twice: in the shared database, and in itself.
 */
final class Rolls {
  private static final String HOMES =
      "select isolation, home, database, state, changelog, version, epoch, adopted, timeline"
          + " from copyhold.home order by home";

  private final String store;
  private final String shared;
  private final Sessions sessions;

  Rolls(String store, String shared, Sessions sessions) {
    this.store = store;
    this.shared = shared;
    this.sessions = sessions;
  }

  List<HomeRecord> read() {
    List<HomeRecord> all = new ArrayList<>();
    for (HomeRecord home : sessions.readLong(shared, "reading the homes", this::read)) {
      all.add(home.ready() && !home.database().equals(shared) ? together(home, own(home)) : home);
    }
    return all;
  }

  private List<HomeRecord> own(HomeRecord home) {
    try {
      return sessions.readLong(home.database(), "reading the home", this::read);
    } catch (ProblemException e) {
      if (Set.of("database-missing", "database-not-prepared").contains(e.problem().code())) {
        return List.of(); // its row in the shared database says more than it can
      }
      throw e;
    }
  }

  /** The home's own book knows its version and members, the shared one its making. */
  private static HomeRecord together(HomeRecord shared, List<HomeRecord> own) {
    for (HomeRecord itself : own) {
      if (itself.home().equals(shared.home())) {
        List<HomeRecord.Trace> traces = new ArrayList<>(shared.traces());
        traces.addAll(itself.traces());
        return new HomeRecord(
            shared.home(),
            shared.database(),
            itself.ready(),
            itself.changelog(),
            itself.version(),
            Math.max(shared.epoch(), itself.epoch()),
            itself.adopted(),
            Math.min(shared.timeline(), itself.timeline()),
            itself.members(),
            traces);
      }
    }
    return new HomeRecord(
        shared.home(),
        shared.database(),
        false,
        shared.changelog(),
        "",
        shared.epoch(),
        shared.adopted(),
        shared.timeline(),
        List.of(),
        shared.traces());
  }

  private List<HomeRecord> read(Connection c) throws SQLException {
    if (!HomeBook.present(c)) {
      return List.of();
    }
    Map<String, List<HomeRecord.Member>> members = new HashMap<>();
    Sql.list(
        c,
        "select home, tenant, epoch, suspended, timeline from copyhold.member order by tenant",
        r ->
            members
                .computeIfAbsent(r.getString(1), _ -> new ArrayList<>())
                .add(
                    new HomeRecord.Member(
                        r.getString(2), r.getLong(3), r.getBoolean(4), r.getLong(5))));
    Map<String, List<HomeRecord.Trace>> traces = new LinkedHashMap<>();
    Sql.list(
        c,
        "select home, owner, operation, term, attempt from copyhold.fence",
        r ->
            traces
                .computeIfAbsent(r.getString(1), _ -> new ArrayList<>())
                .add(
                    new HomeRecord.Trace(
                        r.getString(2), r.getString(3), r.getLong(4), r.getLong(5))));
    return Sql.list(
        c,
        HOMES,
        r -> {
          String key = r.getString(2);
          return new HomeRecord(
              new HomeRef(
                  store, Isolation.valueOf(r.getString(1)), key.substring(key.indexOf('/') + 1)),
              r.getString(3),
              r.getString(4).equals(HomeBook.READY),
              r.getString(5),
              r.getString(6),
              r.getLong(7),
              r.getBoolean(8),
              r.getLong(9),
              members.getOrDefault(key, List.of()),
              traces.getOrDefault(key, List.of()));
        });
  }

  void confirm(HomeRecord home, @Nullable String tenant, long timeline, long epoch) {
    String key =
        home.home().isolation().name().toLowerCase(java.util.Locale.ROOT)
            + '/'
            + home.home().name();
    confirm(shared, key, tenant, timeline, epoch);
    if (home.ready() && !home.database().equals(shared)) {
      confirm(home.database(), key, tenant, timeline, epoch);
    }
  }

  private void confirm(
      String database, String key, @Nullable String tenant, long timeline, long epoch) {
    sessions.change(
        database,
        "noting that the owner agrees",
        c -> {
          Sql.first(c, "select from copyhold.home where home = ? for update", _ -> true, key);
          return tenant == null
              ? Sql.update(
                  c,
                  "update copyhold.home set timeline = greatest(timeline, ?),"
                      + " epoch = greatest(epoch, ?) where home = ?",
                  timeline,
                  epoch,
                  key)
              : Sql.update(
                  c,
                  "update copyhold.member set timeline = greatest(timeline, ?),"
                      + " epoch = greatest(epoch, ?) where home = ? and tenant = ?",
                  timeline,
                  epoch,
                  key,
                  tenant);
        });
  }
}
