package io.copyhold.migration.tenant;

import io.copyhold.migration.schema.ApplyScript;
import io.copyhold.migration.schema.HomeOf;
import io.copyhold.migration.schema.SettleHome;
import io.copyhold.migration.schema.StepPorts;
import io.copyhold.runtime.operation.OperationType;
import io.copyhold.runtime.operation.Step;
import io.copyhold.tenants.changelog.SchemaVersion;
import io.copyhold.tenants.changelog.Target;
import io.copyhold.tenants.placement.Claim;
import io.copyhold.tenants.pool.Pool.CreateInput;
import io.copyhold.tenants.pool.Pool.Spec;
import io.copyhold.tenants.pool.PoolType;
import java.util.ArrayList;
import java.util.List;

/** Makes a pool's home with its schema; when it fails, all of that is taken back. */
public record PoolCreate(StepPorts ports) implements OperationType<CreateInput> {
  @Override
  public String name() {
    return PoolType.CREATE;
  }

  @Override
  public String version() {
    return "1.0.0";
  }

  @Override
  public Class<CreateInput> input() {
    return CreateInput.class;
  }

  @Override
  public List<Step> steps(CreateInput input) {
    Spec spec = input.spec();
    Target target = spec.target();
    Claim claim = Spec.claim(spec.pool(), input.generation());
    HomeOf home = HomeOf.known(spec.home());
    List<Step> steps = new ArrayList<>();
    steps.add(new TakePlace(Desk.STORE, claim, () -> List.of(spec.store())));
    steps.add(new CreateHome(ports, home, target.changelog(), PoolType.EPOCH));
    steps.addAll(ApplyScript.all(ports, home, target, SchemaVersion.NONE, PoolType.EPOCH));
    steps.add(new SettleHome(ports, home, PoolType.EPOCH));
    steps.add(new ConfirmPlace(Desk.STORE, claim, _ -> spec.home()));
    return steps;
  }
}
