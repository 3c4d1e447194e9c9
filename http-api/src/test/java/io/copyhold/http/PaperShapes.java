package io.copyhold.http;

import io.copyhold.http.admin.Shapes;
import io.copyhold.tenants.changelog.Target;
import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.store.Drift;
import io.copyhold.tenants.store.SchemaVersions;
import java.util.List;

/** What homes would look like. */
final class PaperShapes implements Shapes {
  @Override
  public Drift drift(HomeRef home) {
    return new Drift(true, "0".repeat(64), List.of("column invoice.by_hand integer"), List.of());
  }

  @Override
  public SchemaVersions versions(HomeRef home) {
    return new SchemaVersions(
        List.of(new SchemaVersions.Live("1", home.name() + "@1")),
        List.of(new SchemaVersions.Change(1, "V2__rename", "1", "2", "both")));
  }

  @Override
  public String plan(HomeRef home, Target target) {
    return "start of V" + target.version();
  }
}
