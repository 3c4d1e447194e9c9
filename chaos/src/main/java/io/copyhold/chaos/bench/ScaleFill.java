package io.copyhold.chaos.bench;

import io.copyhold.chaos.installation.Api;
import io.copyhold.chaos.installation.Installation;
import io.copyhold.chaos.installation.Together;
import io.copyhold.http.node.Wiring;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.Slices;
import io.copyhold.runtime.entity.EntityTypes;
import io.copyhold.runtime.journal.Codec;
import io.copyhold.runtime.journal.Journaled;
import io.copyhold.runtime.postgres.Database;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Fills the journal with tenants faster than they can be onboarded. A few are onboarded over the
 * API; the events of the others are theirs, with another number wherever the number stands: in the
 * id, the name, the keys. The number has as many digits in all, so what the codec wrote stays well
 * formed; one of each kind is read back to see that. What others keep of a tenant is missing: its
 * login in a store, its place in the pool's count.
 */
@PortAdapter
final class ScaleFill {
  private static final int TEMPLATES = 24;
  private static final int FIRST_TEMPLATE = 9_000_000;
  private static final Duration ACTIVE_LIMIT = Duration.ofMinutes(3);

  /** Tenants of one statement: some 1 MB. */
  private static final int BATCH = 1_000;

  private static final int WRITERS = 2;

  private static final String OF_ONE =
      """
      SELECT entity, version, name, payload, at::text, principal, term FROM copyhold.event
      WHERE entity = ? OR entity LIKE ? ORDER BY entity, version
      """;

  private static final String INSERT =
      """
      INSERT INTO copyhold.event (entity, version, name, payload, at, principal, term, slice)
      SELECT * FROM unnest(?::text[], ?::bigint[], ?::text[], ?::bytea[], ?::timestamptz[],
        ?::text[], ?::bigint[], ?::smallint[])
      """;

  /** A stored event of a template. */
  private record Row(
      String entity,
      long version,
      String name,
      byte[] payload,
      String at,
      String principal,
      long term) {}

  /**
   * An onboarded tenant.
   *
   * @param number its digits, as they stand in its events
   */
  private record Template(String number, List<Row> rows) {}

  private final List<Template> templates;
  private int filled;

  private ScaleFill(List<Template> templates) {
    this.templates = templates;
  }

  /**
   * Onboards the templates.
   *
   * @param operations whether what is filled in has the events of its onboarding, too
   */
  static ScaleFill prepare(Installation here, Api api, boolean operations) throws Exception {
    Onboarding onboarding = new Onboarding(here, api);
    onboarding.prepare(TEMPLATES);
    List<Integer> numbers =
        IntStream.range(FIRST_TEMPLATE, FIRST_TEMPLATE + TEMPLATES).boxed().toList();
    Together.each(
        numbers,
        4,
        number -> {
          onboarding.ask(id(number), "pool", number);
          return true;
        });
    ScaleSite.awaitListed(api, TEMPLATES, ACTIVE_LIMIT);
    List<Template> templates = new ArrayList<>();
    Codec codec = new EntityTypes(Wiring.stored()).codec();
    try (Connection c = connect(here)) {
      for (int number : numbers) {
        Template template = new Template(digits(number), rows(c, id(number), operations));
        template.rows().forEach(row -> requireReadable(codec, template, row));
        templates.add(template);
      }
    }
    return new ScaleFill(templates);
  }

  /** Tenants that were onboarded and not filled in. */
  static int templates() {
    return TEMPLATES;
  }

  static String id(int number) {
    return "scale-" + digits(number);
  }

  private static String digits(int number) {
    return String.format(Locale.ROOT, "%07d", number);
  }

  /** Events of each tenant. */
  int eventsEach() {
    return templates.getFirst().rows().size();
  }

  /** Brings the journal to so many tenants; no node may run. */
  void to(Installation databases, int tenants) throws Exception {
    List<Integer> batches =
        IntStream.iterate(filled, from -> from < tenants, from -> from + BATCH).boxed().toList();
    Together.each(
        IntStream.range(0, WRITERS).boxed().toList(),
        WRITERS,
        writer -> {
          try (Connection c = connect(databases);
              Statement s = c.createStatement()) {
            // the files are written as ever; only this session does not wait for each
            s.execute("SET synchronous_commit = off");
            for (int i = writer; i < batches.size(); i += WRITERS) {
              int from = batches.get(i);
              insert(c, from, Math.min(tenants, from + BATCH));
            }
          }
          return true;
        });
    try (Connection c = connect(databases);
        Statement s = c.createStatement()) {
      s.execute("ANALYZE copyhold.event"); // as the server does by itself some minutes later
    }
    filled = Math.max(filled, tenants);
  }

  /** Bytes of all events with their indexes. */
  static long journalBytes(Installation here) throws SQLException {
    try (Connection c = connect(here);
        Statement s = c.createStatement();
        ResultSet r = s.executeQuery("SELECT pg_total_relation_size('copyhold.event')")) {
      r.next();
      return r.getLong(1);
    }
  }

  private static Connection connect(Installation here) throws SQLException {
    Database control = here.administrator("control").withName("copyhold");
    return control.connect("copyhold-bench");
  }

  private static List<Row> rows(Connection c, String tenant, boolean operations)
      throws SQLException {
    List<Row> rows = new ArrayList<>();
    try (PreparedStatement s = c.prepareStatement(OF_ONE)) {
      s.setString(1, "tenant|" + tenant);
      s.setString(2, operations ? "operation|tenant/" + tenant + "/%" : "");
      try (ResultSet r = s.executeQuery()) {
        while (r.next()) {
          rows.add(
              new Row(
                  r.getString(1),
                  r.getLong(2),
                  r.getString(3),
                  r.getBytes(4),
                  r.getString(5),
                  r.getString(6),
                  r.getLong(7)));
        }
      }
    }
    return rows;
  }

  private static void requireReadable(Codec codec, Template template, Row row) {
    byte[] other = renumbered(row.payload(), template.number(), digits(0));
    if (codec.decodeEvent(row.name(), other).event() instanceof Journaled.Unreadable bad) {
      throw new IllegalStateException(row.name() + " with another number: " + bad.why());
    }
  }

  private void insert(Connection c, int from, int to) throws SQLException {
    List<String> entities = new ArrayList<>();
    List<Long> versions = new ArrayList<>();
    List<String> names = new ArrayList<>();
    List<byte[]> payloads = new ArrayList<>();
    List<String> times = new ArrayList<>();
    List<String> principals = new ArrayList<>();
    List<Long> terms = new ArrayList<>();
    List<Integer> slices = new ArrayList<>();
    for (int number = from; number < to; number++) {
      Template template = templates.get(number % templates.size());
      String digits = digits(number);
      for (Row row : template.rows()) {
        String entity = row.entity().replace(template.number(), digits);
        entities.add(entity);
        versions.add(row.version());
        names.add(row.name());
        payloads.add(renumbered(row.payload(), template.number(), digits));
        times.add(row.at());
        principals.add(row.principal().replace(template.number(), digits));
        terms.add(row.term());
        slices.add(Slices.of(EntityRef.parse(entity)));
      }
    }
    try (PreparedStatement s = c.prepareStatement(INSERT)) {
      s.setArray(1, c.createArrayOf("text", entities.toArray()));
      s.setArray(2, c.createArrayOf("int8", versions.toArray()));
      s.setArray(3, c.createArrayOf("text", names.toArray()));
      s.setArray(4, c.createArrayOf("bytea", payloads.toArray(byte[][]::new)));
      s.setArray(5, c.createArrayOf("timestamptz", times.toArray()));
      s.setArray(6, c.createArrayOf("text", principals.toArray()));
      s.setArray(7, c.createArrayOf("int8", terms.toArray()));
      s.setArray(8, c.createArrayOf("int2", slices.toArray()));
      s.executeUpdate();
    }
  }

  /** The same bytes with the other digits, wherever the first ones stand. */
  static byte[] renumbered(byte[] payload, String number, String other) {
    byte[] find = number.getBytes(StandardCharsets.US_ASCII);
    byte[] put = other.getBytes(StandardCharsets.US_ASCII);
    byte[] bytes = payload.clone();
    for (int at = 0; at + find.length <= bytes.length; at++) {
      if (Arrays.equals(bytes, at, at + find.length, find, 0, find.length)) {
        System.arraycopy(put, 0, bytes, at, put.length);
        at += find.length - 1;
      }
    }
    return bytes;
  }
}
