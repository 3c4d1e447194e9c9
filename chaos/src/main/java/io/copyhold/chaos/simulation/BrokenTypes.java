package io.copyhold.chaos.simulation;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.Alarm;
import io.copyhold.runtime.entity.Decision;
import io.copyhold.runtime.entity.EntityType;
import io.copyhold.runtime.entity.EntityTypes;
import io.copyhold.runtime.entity.OperationRequest;
import io.copyhold.runtime.entity.Outcome;
import io.copyhold.runtime.journal.StoredTypes;
import io.copyhold.tenants.store.Store;
import io.copyhold.tenants.tenant.Tenant;
import io.copyhold.tenants.tenant.TenantCommand;
import io.copyhold.tenants.tenant.TenantEvent;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Entity types with a rule broken on purpose. */
final class BrokenTypes {
  private static final int PLENTY = 1_000_000;

  private BrokenTypes() {}

  static EntityTypes of(EntityTypes types, Set<Defect> defects) {
    return new EntityTypes(
        types.all().stream()
            .<EntityType<?, ?, ?>>map(type ->
                type == Store.TYPE && defects.contains(Defect.STORE_OVERBOOKS)
                    ? new Overbooking(Store.TYPE)
                    : type == Tenant.TYPE && defects.contains(Defect.TENANT_TAKES_DONE_FOR_UNDONE)
                        ? new Confused(Tenant.TYPE)
                        : type)
            .toList());
  }

  /** As another one. */
  private static class Like<S, C, E> implements EntityType<S, C, E> {
    private final EntityType<S, C, E> type;

    Like(EntityType<S, C, E> type) {
      this.type = type;
    }

    @Override
    public String name() {
      return type.name();
    }

    @Override
    public S initial() {
      return type.initial();
    }

    @Override
    public Decision<E> decide(S state, C command, Instant now) {
      return type.decide(state, command, now);
    }

    @Override
    public S evolve(S state, E event) {
      return type.evolve(state, event);
    }

    @Override
    public StoredTypes stored() {
      return type.stored();
    }

    @Override
    public boolean exists(S state) {
      return type.exists(state);
    }

    @Override
    public JsonNode summary(S state) {
      return type.summary(state);
    }

    @Override
    public List<OperationRequest> operations(S state) {
      return type.operations(state);
    }

    @Override
    public Optional<C> settle(S state, String operation, Outcome outcome) {
      return type.settle(state, operation, outcome);
    }

    @Override
    public List<Alarm> alarms(S state) {
      return type.alarms(state);
    }

    @Override
    public Optional<C> alarm(S state, String name, int missed) {
      return type.alarm(state, name, missed);
    }
  }

  private static final class Overbooking extends Like<Store, Store.Command, Store.Event> {
    Overbooking(EntityType<Store, Store.Command, Store.Event> type) {
      super(type);
    }

    @Override
    public Decision<Store.Event> decide(Store state, Store.Command command, Instant now) {
      return super.decide(
          command instanceof Store.Command.Place && state instanceof Store.Registered r
              ? roomy(r)
              : state,
          command,
          now);
    }

    private static Store roomy(Store.Registered r) {
      Store.Registration old = r.registration();
      return new Store.Registered(
          new Store.Registration(
              old.store(),
              old.engine(),
              old.host(),
              old.port(),
              old.adminUser(),
              old.adminSecret(),
              old.sharedDatabase(),
              old.sslMode(),
              old.region(),
              old.tier(),
              new Store.Capacity(PLENTY, old.capacity().connectionsMax(), old.capacity().workMax()),
              old.tags()),
          r.health(),
          r.checks(),
          r.checking(),
          r.draining(),
          r.homes());
    }
  }

  private static final class Confused extends Like<Tenant, TenantCommand, TenantEvent> {
    Confused(EntityType<Tenant, TenantCommand, TenantEvent> type) {
      super(type);
    }

    @Override
    public Optional<TenantCommand> settle(Tenant state, String operation, Outcome outcome) {
      return super.settle(
          state,
          operation,
          outcome instanceof Outcome.Done
              ? new Outcome.Undone(Problem.conflict("confused", "taken for undone"))
              : outcome);
    }
  }
}
