package io.copyhold.migration.tenant;

import io.copyhold.migration.schema.StepPorts;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.operation.OperationType;
import io.copyhold.runtime.operation.Step;
import io.copyhold.runtime.operation.StepContext;
import io.copyhold.runtime.operation.StepResult;
import io.copyhold.tenants.store.Inventory;
import io.copyhold.tenants.tenant.Tenant;
import io.copyhold.tenants.tenant.Tenant.AdoptInput;
import io.copyhold.tenants.tenant.TenantType;
import java.util.List;

/** Looks at what is to be adopted. Reads only. */
public record TenantInventory(StepPorts ports) implements OperationType<AdoptInput> {
  private static final int TABLES_MAX = 50;
  private static final int SENTENCES_MAX = 10;

  @Override
  public String name() {
    return TenantType.INVENTORY;
  }

  @Override
  public String version() {
    return "1.0.0";
  }

  @Override
  public Class<AdoptInput> input() {
    return AdoptInput.class;
  }

  @Override
  public List<Step> steps(AdoptInput input) {
    return List.of(new Look(ports, input.found()));
  }

  private record Look(StepPorts ports, Tenant.Found found) implements Step {
    @Override
    public String name() {
      return TenantType.OFFER_RESULT;
    }

    @Override
    public StepResult run(StepContext step) {
      Inventory inventory =
          ports.stores().get(found.store()).inventory(found.database(), found.schema());
      return StepResult.done(
          new Tenant.Offer(
              inventory.tablesTotal(),
              inventory.tables().stream()
                  .limit(TABLES_MAX)
                  .map(table -> table.schema() + "." + table.name())
                  .toList(),
              inventory.sizeBytes(),
              sentences(inventory.blocksPooling()),
              sentences(inventory.blocksAdoption())));
    }

    private static List<String> sentences(List<Problem> problems) {
      return problems.stream()
          .limit(SENTENCES_MAX)
          .map(p -> p.where() == null ? p.what() : p.what() + " (" + p.where() + ")")
          .toList();
    }
  }
}
