package io.copyhold.migration.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.migration.schema.Works;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.entity.Outcome;
import io.copyhold.runtime.operation.StepHarness.Crash;
import io.copyhold.tenants.store.Store;
import io.copyhold.tenants.store.StoreType;
import io.copyhold.tenants.store.postgres.StoreFixture;
import org.junit.jupiter.api.Test;

class StoreCheckTest {
  private static final EntityRef STORE = StoreType.ref("store");

  @Test
  void aFreshServerIsCheckedAndPreparedWithACrashAtEveryPoint() {
    try (StoreFixture fixture = StoreFixture.on(StoreFixture.server(), "createdb createrole")) {
      Works works = new Works(fixture);
      works.world.with(STORE, new Store.Command.Recheck());
      assertThat(works.run(STORE, Crash.EVERYWHERE)).isInstanceOf(Outcome.Done.class);
      assertThat(works.world.<Store.Registered>state(STORE).health())
          .isInstanceOfSatisfying(
              Store.Health.Ready.class,
              ready -> assertThat(ready.engine()).startsWith("PostgreSQL"));
      assertThat(fixture.store().check().usable()).isTrue();
    }
  }

  @Test
  void aLoginWithoutPrivilegesIsRefusedAndSaysWhichIsMissing() {
    try (StoreFixture fixture = StoreFixture.on(StoreFixture.server(), "nocreatedb nocreaterole")) {
      Works works = new Works(fixture);
      works.world.with(STORE, new Store.Command.Recheck());
      assertThat(works.run(STORE, Crash.NEVER)).isInstanceOf(Outcome.Undone.class);
      assertThat(works.world.<Store.Registered>state(STORE).health())
          .isInstanceOfSatisfying(
              Store.Health.Unusable.class,
              unusable -> {
                assertThat(unusable.problem().what()).isNotBlank();
                assertThat(unusable.problem().todo()).isNotBlank();
              });
    }
  }
}
