package io.copyhold.chaos.demo;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.chaos.installation.Api;
import io.copyhold.chaos.installation.Installation;
import io.copyhold.chaos.installation.Together;
import io.copyhold.chaos.workload.Invoicing;
import io.copyhold.chaos.workload.Invoicing.Totals;
import io.copyhold.tenants.store.Script;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Gathers the proof: asks the databases, the tenants' logins and the journal, and compares with
 * what the seeds and the acknowledgements say. Finds out; trusts nothing that the rollout says of
 * itself.
 */
final class Evidence {
  private static final int AT_ONCE = 4;
  private static final int HISTORY_PAGE = 1_000;

  /** Scripts that a home has before the rollout. */
  private static final int LOADABLE = Integer.parseInt(Invoicing.LOADABLE);

  private final Api api;
  private final Installation installation;
  private final List<Login> logins;
  private final List<Homes.Home> homes;
  private final Map<String, Totals> expected;
  private final List<String> wrong = new ArrayList<>();

  /**
   * @param expected by tenant
   */
  Evidence(
      Api api,
      Installation installation,
      List<Login> logins,
      List<Homes.Home> homes,
      Map<String, Totals> expected) {
    this.api = api;
    this.homes = List.copyOf(homes);
    this.installation = installation;
    this.logins = List.copyOf(logins);
    this.expected = Map.copyOf(expected);
  }

  private synchronized void wrong(String what) {
    wrong.add(what);
  }

  DemoResult.Proof gather(Writers writers, Voice voice) throws Exception {
    List<Homes.Seen> seen =
        Together.each(
            homes, AT_ONCE, home -> Homes.look(home, installation.administrator(home.store())));
    int atTarget = 0;
    int scripts = 0;
    Set<String> shapes = new HashSet<>();
    for (int i = 0; i < homes.size(); i++) {
      shapes.add(seen.get(i).shape());
      scripts += Math.max(0, seen.get(i).ledger().size() - LOADABLE);
      if (seen.get(i).ledger().equals(wholeLedger())) {
        atTarget++;
      } else {
        wrong(homes.get(i).owner() + " has this ledger: " + seen.get(i).ledger());
      }
    }
    if (shapes.size() != 1) {
      wrong("the homes have " + shapes.size() + " different table structures");
    }
    voice.say(
        "ledgers read in the databases: %d of %d homes at version %s, each script once, in order, unchanged"
            .formatted(atTarget, homes.size(), target()));
    voice.say(
        shapes.size() == 1
            ? "all of them have the same columns, keys and indexes"
            : "they have " + shapes.size() + " different structures");

    int asExpected = count(this::asExpected);
    voice.say(
        "rows read through the tenants' logins: %d of %d tenants as their seed says, checksums included"
            .formatted(asExpected, logins.size()));

    AtomicInteger intrusions = new AtomicInteger();
    AtomicInteger refused = new AtomicInteger();
    Together.each(
        List.copyOf(intrusions()),
        AT_ONCE,
        pair -> {
          intrusions.incrementAndGet();
          Optional<String> how = Intruder.attempt(pair.intruder(), pair.victim());
          how.ifPresent(this::wrong);
          return how.isEmpty() ? refused.incrementAndGet() : 0;
        });
    voice.say(
        "with one tenant's login at another's rows: %d tries, %d refused"
            .formatted(intrusions.get(), refused.get()));

    Attempts attempts = attempts();
    voice.say(
        "steps that migrated homes: %d attempts, %d of them lost with the killed process and run again"
            .formatted(attempts.all(), attempts.lost()));

    Written settings = settings(writers);
    Written payments = payments(writers);
    voice.say(
        "settings changed by the operator meanwhile: %d acknowledged, %d lost, %d applied twice"
            .formatted(settings.acknowledged(), settings.lost(), settings.doubled()));
    voice.say(
        "payments taken by applications meanwhile: %d committed, %d lost"
            .formatted(payments.acknowledged(), payments.lost()));
    return new DemoResult.Proof(
        atTarget,
        scripts,
        shapes.size(),
        asExpected,
        attempts.all(),
        attempts.lost(),
        intrusions.get(),
        refused.get(),
        settings.acknowledged(),
        settings.lost(),
        settings.doubled(),
        payments.acknowledged(),
        payments.lost(),
        writers.slowestPayment(),
        wrong);
  }

  static String target() {
    return Invoicing.versions().getLast().version();
  }

  private static List<Homes.Entry> wholeLedger() {
    List<Homes.Entry> entries = new ArrayList<>();
    for (Invoicing.Version v : Invoicing.versions()) {
      entries.add(
          new Homes.Entry(entries.size() + 1, v.version(), v.file(), Script.checksum(v.sql())));
    }
    return entries;
  }

  private int count(Together.Work<Login, Boolean> holds) throws Exception {
    return (int) Together.each(logins, AT_ONCE, holds).stream().filter(good -> good).count();
  }

  /** The seed's rows, and what the two new versions made of them. */
  private boolean asExpected(Login login) throws SQLException {
    Totals due = expected.getOrDefault(login.tenant(), Totals.none());
    try (Connection c = login.connect()) {
      Totals found = Invoicing.totals(c);
      if (!found.equals(due)) {
        wrong(login.tenant() + " has " + found + ", its seed says " + due);
        return false;
      }
      long dated = number(c, "select count(*) from invoice where due_on = issued_on + 30");
      long taxed = number(c, "select count(*) from invoice_line where tax_basis_points = 1900");
      if (dated != due.invoices() || taxed != due.lines()) {
        wrong(
            "%s has %d invoices with their due date and %d lines with tax, not %d and %d"
                .formatted(login.tenant(), dated, taxed, due.invoices(), due.lines()));
        return false;
      }
      return true;
    }
  }

  private record Pair(Login intruder, Login victim) {}

  /** Each tenant tries the next one of every strategy in its store. */
  private List<Pair> intrusions() {
    List<Pair> pairs = new ArrayList<>();
    for (int i = 0; i < logins.size(); i++) {
      Set<String> tried = new HashSet<>();
      for (int step = 1; step < logins.size(); step++) {
        Login intruder = logins.get(i);
        Login victim = logins.get((i + step) % logins.size());
        boolean near =
            intruder.store().equals(victim.store())
                && (!victim.isolation().equals("pool")
                    || !intruder.isolation().equals("pool")
                    || intruder.home().equals(victim.home()));
        if (near && tried.add(victim.isolation())) {
          pairs.add(new Pair(intruder, victim));
        }
      }
    }
    return pairs;
  }

  private record Attempts(int all, int lost) {
    Attempts plus(Attempts other) {
      return new Attempts(all + other.all, lost + other.lost);
    }
  }

  /** Of every operation that migrated a home during the rollout. */
  private Attempts attempts() throws Exception {
    return Together.each(homes, AT_ONCE, this::attempts).stream()
        .reduce(new Attempts(0, 0), Attempts::plus);
  }

  private Attempts attempts(Homes.Home home) throws InterruptedException {
    Attempts sum = new Attempts(0, 0);
    for (JsonNode event : history(home.owner())) {
      if (event.path("name").asText().contains("migrate-started")) {
        sum = sum.plus(attempts(home.owner(), event.path("event").path("serial").asInt()));
      }
    }
    if (sum.all() == 0) {
      wrong(home.owner() + " has no migration in its history");
    }
    return sum;
  }

  private Attempts attempts(String owner, int serial) throws InterruptedException {
    int all = 0;
    int lost = 0;
    boolean open = false;
    for (JsonNode event : events("/v1/operations/" + owner + "/migrate/" + serial)) {
      String name = event.path("name").asText();
      if (name.contains("attempt-started")) {
        all++;
        lost += open ? 1 : 0;
        open = true;
      } else if (!name.contains("progressed")) {
        open = false;
      }
    }
    return new Attempts(all, lost);
  }

  private record Written(int acknowledged, int lost, int doubled) {}

  private Written settings(Writers writers) throws InterruptedException {
    int acknowledged = 0;
    int lost = 0;
    int doubled = 0;
    for (Map.Entry<String, List<Integer>> entry : writers.settings().entrySet()) {
      Map<Integer, Integer> found = Writers.rounds(history("tenant/" + entry.getKey()));
      for (int round : entry.getValue()) {
        acknowledged++;
        if (!found.containsKey(round)) {
          lost++;
          wrong("round " + round + " of " + entry.getKey() + " was acknowledged and is lost");
        }
      }
      for (Map.Entry<Integer, Integer> round : found.entrySet()) {
        if (round.getValue() > 1) {
          doubled++;
          wrong("round " + round.getKey() + " of " + entry.getKey() + " was applied twice");
        }
      }
    }
    return new Written(acknowledged, lost, doubled);
  }

  private Written payments(Writers writers) throws SQLException {
    int acknowledged = 0;
    int lost = 0;
    for (Login login : logins) {
      List<Long> payments = writers.payments().getOrDefault(login.tenant(), List.of());
      if (payments.isEmpty()) {
        continue;
      }
      Set<Long> found = livePayments(login);
      for (long id : payments) {
        acknowledged++;
        if (!found.contains(id)) {
          lost++;
          wrong("payment " + id + " of " + login.tenant() + " was committed and is lost");
        }
      }
    }
    return new Written(acknowledged, lost, 0);
  }

  private static Set<Long> livePayments(Login login) throws SQLException {
    try (Connection c = login.connect();
        PreparedStatement s = c.prepareStatement("select id from payment where id >= ?")) {
      s.setLong(1, Invoicing.FIRST_LIVE_PAYMENT);
      Set<Long> ids = new HashSet<>();
      try (ResultSet r = s.executeQuery()) {
        while (r.next()) {
          ids.add(r.getLong(1));
        }
      }
      return ids;
    }
  }

  /** All events of an entity, {@code tenant/acme}. */
  List<JsonNode> history(String entity) throws InterruptedException {
    int slash = entity.indexOf('/');
    return events("/v1/" + entity.substring(0, slash) + "s" + entity.substring(slash));
  }

  private List<JsonNode> events(String path) throws InterruptedException {
    List<JsonNode> all = new ArrayList<>();
    long from = 1;
    while (from > 0) {
      JsonNode page = api.get(path + "/history?from=" + from + "&limit=" + HISTORY_PAGE);
      page.path("events").forEach(all::add);
      from = page.path("next").asLong(0);
    }
    return all;
  }

  private static long number(Connection c, String sql) throws SQLException {
    try (Statement s = c.createStatement();
        ResultSet r = s.executeQuery(sql)) {
      r.next();
      return r.getLong(1);
    }
  }
}
