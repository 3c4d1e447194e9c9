package io.copyhold.http.node;

import io.copyhold.http.admin.Shapes;
import io.copyhold.tenants.changelog.Scripts;
import io.copyhold.tenants.changelog.Target;
import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.store.DataStores;
import io.copyhold.tenants.store.Drift;
import io.copyhold.tenants.store.SchemaVersions;

/** What homes look like, as their stores say. */
record StoreShapes(DataStores stores, Scripts scripts) implements Shapes {
  @Override
  public Drift drift(HomeRef home) {
    return stores.get(home.store()).drift(home);
  }

  @Override
  public SchemaVersions versions(HomeRef home) {
    return stores.get(home.store()).versions(home);
  }

  @Override
  public String plan(HomeRef home, Target target) {
    return stores.get(home.store()).plan(home, scripts.upTo(target).getLast());
  }
}
