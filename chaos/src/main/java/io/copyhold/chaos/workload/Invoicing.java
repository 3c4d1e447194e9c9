package io.copyhold.chaos.workload;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.List;

/**
 * The sample application: it writes invoices and takes payments. Its schema has five versions, each
 * a script that fits every isolation strategy; its rows are made of a seed, so that whoever knows
 * the seed knows what must be there.
 *
 * <p>Rows are loaded as the tenant's own application would: through the tenant's login, which fills
 * the tenant column by itself. Loading and reading back work from version 3 on.
 */
public final class Invoicing {
  /** Name of the changelog. */
  public static final String CHANGELOG = "invoicing";

  /** The lowest version that {@link #load} and {@link #totals} need. */
  public static final String LOADABLE = "3";

  /**
   * Payments from this id on are not seeded: free for what happens later, and not in the totals.
   */
  public static final long FIRST_LIVE_PAYMENT = 1_000_000;

  private static final String PLACE = "invoicing/";
  private static final List<String> FILES =
      List.of(
          "V1__create_customers_and_products.sql",
          "V2__create_invoices.sql",
          "V3__create_payments.sql",
          "V4__add_due_date.sql",
          "V5__add_tax_and_notes.sql");

  /** Rows of one statement batch. */
  private static final int BATCH = 500;

  private static final String TOTALS = resource("totals.sql");

  private Invoicing() {}

  /**
   * One version of the schema.
   *
   * @param version {@code 1} to {@code 5}
   * @param file as Flyway names it
   */
  public record Version(String version, String file, String sql) {}

  /**
   * How many rows a tenant has; each invoice gets 1 to 5 lines, and about a third is paid.
   *
   * @param customers 1 to 100,000
   * @param products 1 to 100,000
   * @param invoices 0 to 100,000
   */
  public record Size(int customers, int products, int invoices) {
    /** Some 250 rows. */
    public static final Size SMALL = new Size(20, 10, 50);

    public Size {
      if (customers < 1
          || products < 1
          || invoices < 0
          || Math.max(customers, Math.max(products, invoices)) > 100_000) {
        throw new IllegalArgumentException(
            "not a size: " + customers + ", " + products + ", " + invoices);
      }
    }
  }

  /**
   * What the rows come to.
   *
   * @param billedCents sum over all lines
   * @param paidCents sum over all payments
   * @param checksum over every column of every seeded row as of version 3; their order does not
   *     matter
   */
  public record Totals(
      long customers,
      long products,
      long invoices,
      long lines,
      long payments,
      long billedCents,
      long paidCents,
      long checksum) {

    /** In all tables together. */
    public long rows() {
      return customers + products + invoices + lines + payments;
    }

    public Totals plus(Totals other) {
      return new Totals(
          customers + other.customers,
          products + other.products,
          invoices + other.invoices,
          lines + other.lines,
          payments + other.payments,
          billedCents + other.billedCents,
          paidCents + other.paidCents,
          checksum + other.checksum);
    }

    public static Totals none() {
      return new Totals(0, 0, 0, 0, 0, 0, 0, 0);
    }
  }

  /** All versions, in order. */
  public static List<Version> versions() {
    return FILES.stream()
        .map(file ->
            new Version(file.substring(1, file.indexOf("__")), file, resource(PLACE + file)))
        .toList();
  }

  /** What {@link #load} with the same seed and size loads. */
  public static Totals expected(long seed, Size size) {
    return InvoicingRows.of(seed, size).totals();
  }

  /**
   * Fills a tenant's empty tables, in one transaction.
   *
   * @param tenant a connection with the tenant's own login
   * @return what is there now, as {@link #totals} reads it back
   */
  public static Totals load(Connection tenant, long seed, Size size) throws SQLException {
    InvoicingRows rows = InvoicingRows.of(seed, size);
    boolean committing = tenant.getAutoCommit();
    tenant.setAutoCommit(false);
    try {
      insert(
          tenant,
          "insert into customer (id, name, email, city) values (?, ?, ?, ?)",
          rows.customers(),
          c -> new Object[] {c.id(), c.name(), c.email(), c.city()});
      insert(
          tenant,
          "insert into product (id, sku, name, unit_cents) values (?, ?, ?, ?)",
          rows.products(),
          p -> new Object[] {p.id(), p.sku(), p.name(), p.unitCents()});
      insert(
          tenant,
          "insert into invoice (id, customer_id, issued_on, status) values (?, ?, ?, ?)",
          rows.invoices(),
          i -> new Object[] {i.id(), i.customer(), i.issued(), i.status()});
      insert(
          tenant,
          "insert into invoice_line (invoice_id, position, product_id, quantity, unit_cents)"
              + " values (?, ?, ?, ?, ?)",
          rows.lines(),
          l -> new Object[] {l.invoice(), l.position(), l.product(), l.quantity(), l.unitCents()});
      insert(
          tenant,
          "insert into payment (id, invoice_id, paid_on, cents) values (?, ?, ?, ?)",
          rows.payments(),
          p -> new Object[] {p.id(), p.invoice(), p.paid(), p.cents()});
      tenant.commit();
    } catch (SQLException e) {
      tenant.rollback();
      throw e;
    } finally {
      tenant.setAutoCommit(committing);
    }
    return totals(tenant);
  }

  /** What of the seeded rows this login sees. */
  public static Totals totals(Connection tenant) throws SQLException {
    try (PreparedStatement s = tenant.prepareStatement(TOTALS)) {
      s.setLong(1, FIRST_LIVE_PAYMENT);
      try (ResultSet r = s.executeQuery()) {
        r.next();
        return new Totals(
            r.getLong(1),
            r.getLong(2),
            r.getLong(3),
            r.getLong(4),
            r.getLong(5),
            r.getLong(6),
            r.getLong(7),
            r.getLong(8));
      }
    }
  }

  /**
   * Takes a payment for the first invoice; committed when this returns, unless the connection holds
   * a transaction open.
   *
   * @param id from {@link #FIRST_LIVE_PAYMENT} on
   */
  public static void pay(Connection tenant, long id, long cents) throws SQLException {
    if (id < FIRST_LIVE_PAYMENT) {
      throw new IllegalArgumentException("the id of a seeded payment: " + id);
    }
    try (PreparedStatement s =
        tenant.prepareStatement(
            "insert into payment (id, invoice_id, paid_on, cents) values (?, 1, ?, ?)")) {
      s.setLong(1, id);
      s.setObject(2, LocalDate.of(2026, 1, 1));
      s.setLong(3, cents);
      s.executeUpdate();
    }
  }

  private interface Columns<T> {
    Object[] of(T row);
  }

  private static <T> void insert(Connection c, String sql, List<T> rows, Columns<T> columns)
      throws SQLException {
    try (PreparedStatement s = c.prepareStatement(sql)) {
      int waiting = 0;
      for (T row : rows) {
        Object[] values = columns.of(row);
        for (int i = 0; i < values.length; i++) {
          s.setObject(i + 1, values[i]);
        }
        s.addBatch();
        if (++waiting == BATCH) {
          s.executeBatch();
          waiting = 0;
        }
      }
      if (waiting > 0) {
        s.executeBatch();
      }
    }
  }

  private static String resource(String file) {
    try (InputStream in = Invoicing.class.getResourceAsStream(file)) {
      if (in == null) {
        throw new IllegalStateException("not on the class path: " + file);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
