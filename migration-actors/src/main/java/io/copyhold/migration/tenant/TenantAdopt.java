package io.copyhold.migration.tenant;

import io.copyhold.config.secret.SecretRef;
import io.copyhold.migration.schema.StepPorts;
import io.copyhold.runtime.operation.OperationType;
import io.copyhold.runtime.operation.Step;
import io.copyhold.runtime.operation.StepContext;
import io.copyhold.runtime.operation.StepResult;
import io.copyhold.tenants.changelog.Target;
import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.placement.Claim;
import io.copyhold.tenants.store.Adoption;
import io.copyhold.tenants.store.Fence;
import io.copyhold.tenants.tenant.Home;
import io.copyhold.tenants.tenant.Tenant;
import io.copyhold.tenants.tenant.Tenant.AdoptInput;
import io.copyhold.tenants.tenant.TenantType;
import java.util.List;

/**
 * Takes over an existing database or schema at a baseline: a place at its store, a login,
 * Copyhold's own schema in it. What was there is not changed, and undoing leaves it as it was.
 */
public record TenantAdopt(StepPorts ports) implements OperationType<AdoptInput> {
  @Override
  public String name() {
    return TenantType.ADOPT;
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
    Tenant.Found found = input.found();
    Claim claim = Home.claim(input.tenant(), input.generation());
    SecretRef password = Home.password(input.tenant(), input.generation());
    HomeRef ref =
        new HomeRef(
            found.store(), found.isolation(), Home.name(input.tenant(), input.generation()));
    Home home =
        new Home(
            ref,
            Home.FIRST_EPOCH,
            found.baseline().changelog(),
            found.baseline().version(),
            input.generation(),
            true);
    return List.of(
        new TakePlace(Desk.STORE, claim, () -> List.of(found.store())),
        new MakePassword(ports, password),
        new TakeOver(ports, input.tenant(), found, ref, password),
        new ConfirmPlace(Desk.STORE, claim, _ -> home));
  }

  /** Writes Copyhold's schema and a baseline into it. */
  private record TakeOver(
      StepPorts ports, String tenant, Tenant.Found found, HomeRef home, SecretRef password)
      implements Step {
    @Override
    public String name() {
      return "take-over";
    }

    @Override
    public StepResult run(StepContext step) {
      Target baseline = found.baseline();
      ports
          .stores()
          .get(home.store())
          .adopt(
              home,
              new Adoption(
                  tenant,
                  baseline.changelog(),
                  baseline.version(),
                  baseline.position(baseline.version()),
                  found.database(),
                  found.schema(),
                  ports.secrets().require(password).reveal()),
              Fence.of(step, Home.FIRST_EPOCH));
      ports.stores().get(home.store()).remember(home, null, Fence.of(step, Home.FIRST_EPOCH));
      return StepResult.done();
    }

    @Override
    public StepResult undo(StepContext step) {
      ports.stores().get(home.store()).release(home, Fence.of(step, Home.FIRST_EPOCH));
      return StepResult.done();
    }
  }
}
