package io.copyhold.chaos.experiment;

import io.copyhold.runtime.view.Directory;
import io.copyhold.runtime.view.Page;
import io.copyhold.runtime.view.Query;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Tenants as the directory of this node lists them. */
record DirectoryTenants(Directory directory) implements Tenants {
  private static final int IDS_MAX = 1_000;

  @Override
  public Found in(Collection<String> stores, Collection<String> among) throws InterruptedException {
    Map<String, List<String>> filters = new HashMap<>();
    filters.put("store", List.copyOf(stores));
    if (!among.isEmpty()) {
      filters.put("id", List.copyOf(among));
    }
    Page page = directory.list(Query.of("tenant", IDS_MAX).where(filters));
    return new Found(page.total(), page.rows().stream().map(row -> row.entity().id()).toList());
  }

  @Override
  public boolean current() {
    return directory.current();
  }
}
