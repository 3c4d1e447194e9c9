package io.copyhold.chaos.checker;

import java.util.List;

/**
 * What a store itself knows of one home.
 *
 * @param home its key there: {@code schema/acme}
 * @param state {@code creating}, {@code ready} or {@code dropped}
 * @param position of the last script applied
 * @param ledger what was applied, in order
 * @param fences the highest tokens seen, one per operation
 */
public record Book(
    String store,
    String database,
    String home,
    String state,
    String changelog,
    String version,
    int position,
    long epoch,
    List<Applied> ledger,
    List<Fence> fences) {
  public Book {
    ledger = List.copyOf(ledger);
    fences = List.copyOf(fences);
  }

  /** One script that was applied. */
  public record Applied(int position, String version, String checksum, String key) {}

  /** The highest token that one operation showed. */
  public record Fence(String owner, String operation, long term, long attempt) {}

  String name() {
    return store + "/" + home;
  }
}
