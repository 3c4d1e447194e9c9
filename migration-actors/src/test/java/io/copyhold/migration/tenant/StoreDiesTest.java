package io.copyhold.migration.tenant;

import static io.copyhold.tenants.store.postgres.StoreFixture.CUSTOMERS;
import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.copyhold.migration.schema.Works;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.entity.Outcome;
import io.copyhold.runtime.operation.StepHarness;
import io.copyhold.runtime.operation.StepHarness.Crash;
import io.copyhold.runtime.operation.StepHarness.Result;
import io.copyhold.runtime.postgres.EmbeddedPostgres;
import io.copyhold.runtime.postgres.EmbeddedPostgresSettings;
import io.copyhold.runtime.postgres.PostgresFixture;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.store.LedgerRow;
import io.copyhold.tenants.store.StoreSettings;
import io.copyhold.tenants.store.postgres.StoreFixture;
import io.copyhold.tenants.tenant.Profile;
import io.copyhold.tenants.tenant.Tenant;
import io.copyhold.tenants.tenant.TenantCommand;
import io.copyhold.tenants.tenant.TenantType;
import io.copyhold.tenants.tenant.Wish;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A store whose server goes away in the middle of a provisioning. */
class StoreDiesTest {
  private static final EntityRef ACME = TenantType.ref("acme");

  @Test
  void provisioningGoesOnWhenTheServerIsBackAndLeavesNothingWhenItIsUndone() throws SQLException {
    EmbeddedPostgresSettings settings = PostgresFixture.newSettings();
    EmbeddedPostgres first = PostgresFixture.start(settings);
    EmbeddedPostgresSettings samePort =
        settings.at(first.database("postgres").host(), first.port());
    try (StoreFixture fixture =
        StoreFixture.on(first.database("postgres"), "createdb createrole", _ -> {}, impatient())) {
      fixture.store().prepare();
      Works works = new Works(fixture);
      works.shelf.add("V1__customers.sql", CUSTOMERS);
      List<String> before = works.objects();
      works.world.with(
          ACME,
          new TenantCommand.Onboard(
              new Profile("acme", "Acme", "pro", "eu", "gold", Map.of(), List.of()),
              new Wish(Isolation.SCHEMA, null, null, works.shelf.target()),
              false));
      EmbeddedPostgres[] server = {first};
      boolean[] down = {false};
      StepHarness harness =
          works
              .operation(ACME, Crash.EVERYWHERE)
              .whenWaiting(_ -> {
                if (down[0]) {
                  server[0] = PostgresFixture.start(samePort);
                  down[0] = false;
                }
              });
      Outcome outcome = new Outcome.Cancelled();
      for (int end = 3; end <= harness.names().size(); end++) {
        server[0].close();
        down[0] = true;
        Result result = harness.forward(end);
        assertThat(result).as("step " + end).isInstanceOf(Result.Done.class);
        outcome = new Outcome.Done(((Result.Done) result).data());
      }
      if (down[0]) {
        server[0] = PostgresFixture.start(samePort);
        down[0] = false;
      }
      works.world.settle(ACME, "provision/1", outcome);
      Tenant.Live live = works.world.state(ACME);
      assertThat(fixture.anotherNode().ledger(live.home().ref()))
          .extracting(LedgerRow::version)
          .containsExactly("1");
      server[0].close();
      down[0] = true;
      harness.backward();
      assertThat(works.objects()).isEqualTo(before);
    }
  }

  private static StoreSettings impatient() {
    return StoreSettings.from(
        ConfigFactory.parseString("copyhold.store.borrow-limit = 2s")
            .withFallback(ConfigFactory.parseResources("reference.conf"))
            .resolve()
            .getConfig("copyhold.store"));
  }
}
