package io.copyhold.chaos.workload;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * The rows of one tenant of the sample application, made of a seed: the same seed and size give the
 * same rows, everywhere and at any time.
 */
record InvoicingRows(
    List<Customer> customers,
    List<Product> products,
    List<Invoice> invoices,
    List<Line> lines,
    List<Payment> payments) {
  private static final List<String> FIRST =
      List.of(
          "Ada", "Björn", "Chiara", "Dmitri", "Élise", "Fatima", "Goran", "Hana", "Iván", "Jun");
  private static final List<String> LAST =
      List.of("Abbott", "Brandt", "Conti", "Duarte", "Eriksen", "Fournier", "Grimm", "Horvat");
  private static final List<String> CITIES =
      List.of("Aarhus", "Bilbao", "Cork", "Dresden", "Évora", "Ferrara", "Genève", "Łódź");
  private static final List<String> GOODS =
      List.of("bolt", "chair", "desk lamp", "envelope", "filter", "gasket", "hinge", "ink");
  private static final LocalDate FIRST_DAY = LocalDate.of(2025, 1, 1);
  private static final int DAYS = 365;
  private static final int LINES_MAX = 5;
  private static final int QUANTITY_MAX = 20;
  private static final int UNIT_CENTS_MAX = 50_000;

  record Customer(long id, String name, String email, String city) {
    String text() {
      return "customer|" + id + '|' + name + '|' + email + '|' + city;
    }
  }

  record Product(long id, String sku, String name, long unitCents) {
    String text() {
      return "product|" + id + '|' + sku + '|' + name + '|' + unitCents;
    }
  }

  record Invoice(long id, long customer, LocalDate issued, String status) {
    String text() {
      return "invoice|" + id + '|' + customer + '|' + issued + '|' + status;
    }
  }

  record Line(long invoice, int position, long product, int quantity, long unitCents) {
    String text() {
      return "line|" + invoice + '|' + position + '|' + product + '|' + quantity + '|' + unitCents;
    }

    long cents() {
      return quantity * unitCents;
    }
  }

  record Payment(long id, long invoice, LocalDate paid, long cents) {
    String text() {
      return "payment|" + id + '|' + invoice + '|' + paid + '|' + cents;
    }
  }

  static InvoicingRows of(long seed, Invoicing.Size size) {
    RandomGenerator random = new SplittableRandom(seed);
    InvoicingRows rows =
        new InvoicingRows(
            new ArrayList<>(),
            new ArrayList<>(),
            new ArrayList<>(),
            new ArrayList<>(),
            new ArrayList<>());
    for (int id = 1; id <= size.customers(); id++) {
      rows.customers.add(
          new Customer(
              id,
              one(FIRST, random) + ' ' + one(LAST, random),
              "customer-" + id + '-' + random.nextInt(1_000) + "@example.com",
              one(CITIES, random)));
    }
    for (int id = 1; id <= size.products(); id++) {
      rows.products.add(
          new Product(
              id,
              "P-" + id + '-' + random.nextInt(1_000),
              one(GOODS, random),
              1L + random.nextInt(UNIT_CENTS_MAX)));
    }
    for (int id = 1; id <= size.invoices(); id++) {
      rows.addInvoice(id, random);
    }
    return rows;
  }

  private void addInvoice(long id, RandomGenerator random) {
    LocalDate issued = FIRST_DAY.plusDays(random.nextInt(DAYS));
    long total = 0;
    int count = 1 + random.nextInt(LINES_MAX);
    for (int position = 1; position <= count; position++) {
      Product product = one(products, random);
      Line line =
          new Line(
              id, position, product.id(), 1 + random.nextInt(QUANTITY_MAX), product.unitCents());
      lines.add(line);
      total += line.cents();
    }
    String status = one(List.of("draft", "sent", "paid"), random);
    invoices.add(new Invoice(id, one(customers, random).id(), issued, status));
    if (status.equals("paid")) {
      payments.add(
          new Payment(payments.size() + 1L, id, issued.plusDays(1 + random.nextInt(DAYS)), total));
    }
  }

  Invoicing.Totals totals() {
    long checksum = 0;
    checksum += customers.stream().mapToLong(row -> hash(row.text())).sum();
    checksum += products.stream().mapToLong(row -> hash(row.text())).sum();
    checksum += invoices.stream().mapToLong(row -> hash(row.text())).sum();
    checksum += lines.stream().mapToLong(row -> hash(row.text())).sum();
    checksum += payments.stream().mapToLong(row -> hash(row.text())).sum();
    return new Invoicing.Totals(
        customers.size(),
        products.size(),
        invoices.size(),
        lines.size(),
        payments.size(),
        lines.stream().mapToLong(Line::cents).sum(),
        payments.stream().mapToLong(Payment::cents).sum(),
        checksum);
  }

  /** The first 32 bits of the MD5, as {@code totals.sql} has it: a checksum, not a safeguard. */
  private static long hash(String text) {
    try {
      byte[] md5 = MessageDigest.getInstance("MD5").digest(text.getBytes(StandardCharsets.UTF_8));
      return (md5[0] & 0xffL) << 24
          | (md5[1] & 0xffL) << 16
          | (md5[2] & 0xffL) << 8
          | (md5[3] & 0xffL);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK lacks MD5", e);
    }
  }

  private static <T> T one(List<T> all, RandomGenerator random) {
    return all.get(random.nextInt(all.size()));
  }
}
