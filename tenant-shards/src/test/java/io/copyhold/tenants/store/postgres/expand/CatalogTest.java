package io.copyhold.tenants.store.postgres.expand;

import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.store.postgres.StoreFixture;
import io.copyhold.tenants.store.postgres.session.Sql;
import java.sql.Connection;
import java.sql.Statement;
import org.junit.jupiter.api.Test;

class CatalogTest {
  /** As a control role called copyhold has it: schema copyhold is on its path by that name. */
  @Test
  void expressionsNameTheirSchemasWhateverTheSearchPath() throws Exception {
    StoreFixture fixture = StoreFixture.shared();
    String name = StoreFixture.fresh("catalog");
    HomeRef home = new HomeRef(fixture.address().store(), Isolation.SCHEMA, name);
    fixture.store().createHome(home, "app", StoreFixture.fence(name));
    try (Connection c = fixture.superuser(fixture.place(home).database());
        Statement s = c.createStatement()) {
      c.setAutoCommit(false);
      s.execute("set local search_path = copyhold");
      s.execute(
          "create table \""
              + fixture.place(home).schema()
              + "\".t (tenant_id text not null default copyhold.tenant())");
      assertThat(
              Catalog.read(c, fixture.place(home).schema())
                  .column("t", "tenant_id")
                  .orElseThrow()
                  .defaultValue())
          .isEqualTo("copyhold.tenant()");
      assertThat(Sql.first(c, "show search_path", r -> r.getString(1))).contains("copyhold");
      c.rollback();
    }
  }
}
