package io.copyhold.tenants.store.postgres.expand;

import java.util.ArrayList;
import java.util.List;

/**
 * An operation and how clients of both versions meet over it.
 *
 * @param base earlier migrations
 * @param rows rows that are there before, written by a client of the old version
 * @param operations of the document, as JSON
 */
record Operation(
    String name, String base, String rows, String operations, String down, List<Talk> talks) {
  /** One client writes, the other reads. */
  record Talk(boolean oldWrites, String write, String read, List<String> expected) {}

  static Operation of(String name, String base, String rows, String operations) {
    return new Operation(name, base, rows, operations, "", List.of());
  }

  Operation down(String down) {
    return new Operation(name, base, rows, operations, down, talks);
  }

  /** The old version writes, the new one reads. */
  Operation old(String write, String read, String... expected) {
    return with(new Talk(true, write, read, List.of(expected)));
  }

  /** The new version writes, the old one reads. */
  Operation now(String write, String read, String... expected) {
    return with(new Talk(false, write, read, List.of(expected)));
  }

  private Operation with(Talk talk) {
    List<Talk> all = new ArrayList<>(talks);
    all.add(talk);
    return new Operation(name, base, rows, operations, down, all);
  }

  String document() {
    return "{\"name\": \"03_"
        + name
        + "\", \"version_schema\": \"new\", "
        + (down.isEmpty() ? "" : "\"down\": \"" + down + "\", ")
        + "\"operations\": ["
        + operations
        + "]}";
  }

  @Override
  public String toString() {
    return name;
  }
}
