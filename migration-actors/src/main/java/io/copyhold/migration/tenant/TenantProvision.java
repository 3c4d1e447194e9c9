package io.copyhold.migration.tenant;

import io.copyhold.config.secret.SecretRef;
import io.copyhold.migration.schema.ApplyScript;
import io.copyhold.migration.schema.HomeOf;
import io.copyhold.migration.schema.SettleHome;
import io.copyhold.migration.schema.StepPorts;
import io.copyhold.migration.schema.VerifyHome;
import io.copyhold.runtime.operation.OperationType;
import io.copyhold.runtime.operation.Step;
import io.copyhold.tenants.changelog.SchemaVersion;
import io.copyhold.tenants.changelog.Target;
import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.placement.Claim;
import io.copyhold.tenants.placement.Placement;
import io.copyhold.tenants.tenant.Home;
import io.copyhold.tenants.tenant.Tenant.ProvisionInput;
import io.copyhold.tenants.tenant.TenantType;
import io.copyhold.tenants.tenant.Wish;
import java.util.ArrayList;
import java.util.List;

/**
 * Gives a tenant its home: a place at a store or in a pool, a password, the home itself with its
 * schema, a login. When it fails, all of that is taken back.
 */
public record TenantProvision(StepPorts ports) implements OperationType<ProvisionInput> {
  @Override
  public String name() {
    return TenantType.PROVISION;
  }

  @Override
  public String version() {
    return "1.0.0";
  }

  @Override
  public Class<ProvisionInput> input() {
    return ProvisionInput.class;
  }

  @Override
  public List<Step> steps(ProvisionInput input) {
    return input.wish().isolation() == Isolation.POOL ? intoPool(input) : ofItsOwn(input);
  }

  private List<Step> ofItsOwn(ProvisionInput input) {
    Wish wish = input.wish();
    Target target = wish.target();
    Claim claim = Home.claim(input.tenant(), input.generation());
    SecretRef password = Home.password(input.tenant(), input.generation());
    String name = Home.name(input.tenant(), input.generation());
    HomeOf home = step -> new HomeRef(TakePlace.of(step).store(), wish.isolation(), name);
    List<Step> steps = new ArrayList<>();
    steps.add(new TakePlace(Desk.STORE, claim, () -> stores(input, claim)));
    steps.add(new MakePassword(ports, password));
    steps.add(new CreateHome(ports, home, target.changelog(), Home.FIRST_EPOCH));
    steps.add(new AddLogin(ports, home, input.tenant(), password, Home.FIRST_EPOCH));
    steps.addAll(ApplyScript.all(ports, home, target, SchemaVersion.NONE, Home.FIRST_EPOCH));
    steps.add(new SettleHome(ports, home, Home.FIRST_EPOCH));
    steps.add(
        new ConfirmPlace(
            Desk.STORE,
            claim,
            step ->
                new Home(
                    home.of(step),
                    Home.FIRST_EPOCH,
                    target.changelog(),
                    target.version(),
                    input.generation(),
                    false)));
    return steps;
  }

  private List<Step> intoPool(ProvisionInput input) {
    Claim claim = Home.claim(input.tenant(), input.generation());
    SecretRef password = Home.password(input.tenant(), input.generation());
    String changelog = input.wish().target().changelog();
    HomeOf home =
        step -> {
          TakePlace.Place place = TakePlace.of(step);
          return new HomeRef(place.store(), Isolation.POOL, place.id());
        };
    return List.of(
        new TakePlace(Desk.POOL, claim, () -> pools(input, claim)),
        new MakePassword(ports, password),
        new AddLogin(ports, home, input.tenant(), password, Home.FIRST_EPOCH),
        new VerifyHome(ports, home),
        new ConfirmPlace(
            Desk.POOL,
            claim,
            step ->
                new Home(
                    home.of(step), Home.FIRST_EPOCH, changelog, null, input.generation(), false)));
  }

  private List<String> stores(ProvisionInput input, Claim claim) {
    return input.wish().store() != null
        ? List.of(input.wish().store())
        : Placement.order(claim.holder(), ports.candidates().stores(input.region(), input.tier()));
  }

  private List<String> pools(ProvisionInput input, Claim claim) {
    return input.wish().pool() != null
        ? List.of(input.wish().pool())
        : Placement.order(
            claim.holder(),
            ports
                .candidates()
                .pools(input.region(), input.tier(), input.wish().target().changelog()));
  }
}
