package io.copyhold.http;

import io.copyhold.tenants.placement.Homes;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A fleet without homes. */
final class NoHomes implements Homes {
  @Override
  public List<StoreCount> stores(String changelog, Selector selector) {
    return List.of();
  }

  @Override
  public List<Entry> page(
      String changelog, Selector selector, String store, @Nullable String after, int limit) {
    return List.of();
  }
}
