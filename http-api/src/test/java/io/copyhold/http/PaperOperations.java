package io.copyhold.http;

import io.copyhold.migration.rollout.Rollout;
import io.copyhold.migration.rollout.RolloutType;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.operation.OperationType;
import io.copyhold.runtime.operation.Step;
import io.copyhold.runtime.operation.StepContext;
import io.copyhold.runtime.operation.StepResult;
import io.copyhold.tenants.changelog.Migration;
import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.pool.Pool;
import io.copyhold.tenants.pool.PoolType;
import io.copyhold.tenants.store.Store;
import io.copyhold.tenants.store.StoreType;
import io.copyhold.tenants.tenant.Home;
import io.copyhold.tenants.tenant.Tenant;
import io.copyhold.tenants.tenant.TenantType;
import java.util.List;
import java.util.function.Function;

/** The domain's operations without a database: each has one step, which says that all went well. */
final class PaperOperations {
  private PaperOperations() {}

  static List<OperationType<?>> all() {
    return List.of(
        Counter.COUNT,
        new Paper<>(
            TenantType.PROVISION,
            Tenant.ProvisionInput.class,
            TenantType.HOME_RESULT,
            input ->
                new Home(
                    new HomeRef(
                        input.wish().store() == null ? "s1" : input.wish().store(),
                        input.wish().isolation(),
                        input.tenant()),
                    1,
                    input.wish().target().changelog(),
                    input.wish().isolation() == Isolation.POOL
                        ? null
                        : input.wish().target().version(),
                    input.generation(),
                    false)),
        nothing(TenantType.SUSPEND, Tenant.HomeInput.class),
        nothing(TenantType.RESUME, Tenant.HomeInput.class),
        nothing(TenantType.OFFBOARD, Tenant.HomeInput.class),
        nothing(Migration.OPERATION, Migration.Input.class),
        nothing(Migration.BACK, Migration.Input.class),
        nothing(Migration.ACCEPT, Migration.Input.class),
        new Paper<>(
            TenantType.INVENTORY,
            Tenant.AdoptInput.class,
            TenantType.OFFER_RESULT,
            _ -> new Tenant.Offer(1, List.of("invoices"), 8_192, List.of(), List.of())),
        new Paper<>(
            TenantType.ADOPT,
            Tenant.AdoptInput.class,
            TenantType.HOME_RESULT,
            input ->
                new Home(
                    new HomeRef(
                        input.found().store(), input.found().isolation(), input.found().database()),
                    1,
                    input.found().baseline().changelog(),
                    input.found().baseline().version(),
                    input.generation(),
                    true)),
        new Paper<>(
            StoreType.CHECK,
            Store.CheckInput.class,
            StoreType.CHECK_RESULT,
            _ -> new Store.Health.Ready("PostgreSQL 18", "1", List.of())),
        new OperationType<Rollout.Input>() {
          @Override
          public String name() {
            return RolloutType.OPERATION;
          }

          @Override
          public String version() {
            return "1.0.0";
          }

          @Override
          public Class<Rollout.Input> input() {
            return Rollout.Input.class;
          }

          @Override
          public List<Step> steps(Rollout.Input in) {
            return List.of(
                new Counter.Named("wave", StepResult.gate("wave-2", "go on with the next wave?")),
                new Written(RolloutType.RESULT, new Rollout.Result(2, 1, 1, 0, List.of())));
          }
        },
        nothing(PoolType.CREATE, Pool.CreateInput.class),
        nothing(PoolType.DROP, Pool.DropInput.class));
  }

  private static <I> OperationType<I> nothing(String name, Class<I> input) {
    return new Paper<>(name, input, "all", _ -> "done");
  }

  private record Paper<I>(String name, Class<I> input, String step, Function<I, Object> result)
      implements OperationType<I> {
    @Override
    public String version() {
      return "1.0.0";
    }

    @Override
    public List<Step> steps(I in) {
      return List.of(new Written(step, result.apply(in)));
    }
  }

  private record Written(String name, Object result) implements Step {
    @Override
    public StepResult run(StepContext step) {
      return StepResult.done(Mappers.JSON.valueToTree(result));
    }
  }
}
