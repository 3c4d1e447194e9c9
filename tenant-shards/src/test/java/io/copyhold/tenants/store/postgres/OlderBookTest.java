package io.copyhold.tenants.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.store.DataStore;
import io.copyhold.tenants.store.LockPolicy;
import io.copyhold.tenants.store.Script;
import java.sql.Connection;
import java.sql.Statement;
import org.junit.jupiter.api.Test;

/** A home whose book an older release wrote. */
class OlderBookTest {
  @Test
  void itIsBroughtUpToDateByWhoeverChangesTheHomeNext() throws Exception {
    StoreFixture fixture = StoreFixture.shared();
    HomeRef home = new HomeRef(fixture.address().store(), Isolation.DATABASE, "older_book");
    fixture.store().createHome(home, "app", StoreFixture.fence("older_book"));
    try (Connection c = fixture.superuser(fixture.place(home).database());
        Statement s = c.createStatement()) {
      s.execute(
          "alter table copyhold.home drop column shape;"
              + " drop table copyhold.step, copyhold.change, copyhold.version cascade;"
              + " update copyhold.format set format = 2");
    }
    DataStore again = fixture.anotherNode();
    assertThat(again.drift(home).known()).isFalse();
    assertThat(
            again
                .apply(
                    home,
                    Script.of("app", 1, "1", "V1__t.sql", "create table t (id int primary key);"),
                    StoreFixture.fence("older_book"),
                    LockPolicy.DEFAULT)
                .already())
        .isFalse();
    assertThat(again.versions(home).live()).isEmpty();
  }
}
