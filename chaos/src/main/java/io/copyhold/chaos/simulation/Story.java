package io.copyhold.chaos.simulation;

import io.copyhold.config.secret.InMemorySecrets;
import io.copyhold.config.secret.Secret;
import io.copyhold.config.secret.SecretRef;
import io.copyhold.migration.MigrationOperations;
import io.copyhold.migration.rollout.Rollout;
import io.copyhold.migration.rollout.RolloutType;
import io.copyhold.migration.schema.HealthSignals;
import io.copyhold.migration.schema.StepPorts;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.entity.OperationRequest;
import io.copyhold.runtime.entity.Reply;
import io.copyhold.runtime.operation.Operation;
import io.copyhold.runtime.operation.OperationTypes;
import io.copyhold.tenants.changelog.Scripts;
import io.copyhold.tenants.changelog.Target;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.placement.Homes;
import io.copyhold.tenants.pool.Pool;
import io.copyhold.tenants.pool.PoolType;
import io.copyhold.tenants.store.LockPolicy;
import io.copyhold.tenants.store.Script;
import io.copyhold.tenants.store.Store;
import io.copyhold.tenants.store.StoreType;
import io.copyhold.tenants.tenant.Profile;
import io.copyhold.tenants.tenant.TenantCommand;
import io.copyhold.tenants.tenant.TenantType;
import io.copyhold.tenants.tenant.Wish;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/**
 * What people want in one run, drawn by the seed: stores with few places, pools, tenants in all
 * isolations that come, are suspended, change and go, and a rollout in waves over all of them. Each
 * client does one thing after the other and repeats each until it is answered.
 */
final class Story {
  private static final String CHANGELOG = "billing";
  private static final String REGION = "eu";
  private static final String TIER = "standard";
  private static final int VERSIONS = 3;
  private static final Duration GAP_MAX = Duration.ofSeconds(6);
  private static final Duration OPERATOR_EVERY = Duration.ofSeconds(5);

  /** One home in so many refuses one of the scripts. */
  private static final int FAILING = 12;

  /** Something a client does; empty when there is nothing to do. */
  private interface Act {
    Optional<CompletableFuture<Reply>> play(String key);
  }

  private final SimWorld world;
  private final SimStores stores;
  private final SimDirectory directory;
  private final InMemorySecrets secrets = new InMemorySecrets();
  private final RandomGenerator random;
  private final List<Script> scripts =
      IntStream.rangeClosed(1, VERSIONS)
          .mapToObj(v ->
              Script.of(CHANGELOG, v, "" + v, "V" + v + "__step.sql", "create table t" + v + " ()"))
          .toList();
  private int clients;
  private int signals;
  private boolean calm;

  Story(SimWorld world, SimStores stores, SimDirectory directory) {
    this.world = world;
    this.stores = stores;
    this.directory = directory;
    this.random = world.loop().random();
  }

  OperationTypes operations() {
    return new OperationTypes(
        MigrationOperations.all(
            new StepPorts(
                stores,
                secrets,
                new Shelf(scripts),
                directory,
                directory,
                () -> Secret.random(random),
                HealthSignals.NONE,
                LockPolicy.DEFAULT)));
  }

  /** The scripts, and a way back from each. */
  private record Shelf(List<Script> scripts) implements Scripts {
    @Override
    public List<Script> upTo(Target target) {
      return scripts.subList(0, target.position(target.version()));
    }

    @Override
    public Optional<Script> undo(Target target, String version) {
      int position = target.position(version);
      return Optional.of(
          Script.of(
              CHANGELOG,
              position,
              version,
              "U" + version + "__step.sql",
              "drop table t" + version));
    }
  }

  InMemorySecrets secrets() {
    return secrets;
  }

  /** Position of a version in the changelog. */
  static int position(String version) {
    return Integer.parseInt(version);
  }

  void begin() {
    int storeCount = 1 + random.nextInt(3);
    int poolCount = 1 + random.nextInt(2);
    int tenantCount = 4 + random.nextInt(5);
    int salt = random.nextInt();
    for (int i = 1; i <= storeCount; i++) {
      String store = "eu-" + i;
      stores
          .store(store)
          .refusing((home, position) ->
              Math.floorMod((home.name() + position).hashCode() ^ salt, FAILING) == 0);
      client("store-" + i, Duration.ZERO, store(store));
    }
    for (int i = 1; i <= poolCount; i++) {
      String store = "eu-" + (1 + random.nextInt(storeCount));
      client("pool-" + i, Duration.ofSeconds(2), pool("shared-" + i, store));
    }
    for (int i = 1; i <= tenantCount; i++) {
      client("tenant-" + i, Duration.ofSeconds(3), tenant("acme-" + i));
    }
    client("rollout", Duration.ofSeconds(10 + random.nextInt(40)), rollout());
    operator();
  }

  /** Nothing is paused for good from here on. */
  void calm() {
    calm = true;
  }

  /** All that clients wanted is answered. */
  boolean told() {
    return clients == 0;
  }

  private void client(String name, Duration wait, List<Act> acts) {
    clients++;
    world.loop().after("client", wait.plus(gap()), () -> play(name, acts, 0));
  }

  private Duration gap() {
    return world.loop().between(Duration.ofMillis(10), GAP_MAX);
  }

  private void play(String name, List<Act> acts, int at) {
    if (at == acts.size()) {
      clients--;
      return;
    }
    Runnable next = () -> world.loop().after("client", gap(), () -> play(name, acts, at + 1));
    acts.get(at)
        .play(name + "/" + at)
        .ifPresentOrElse(answer -> answer.thenAccept(_ -> next.run()), next);
  }

  private Act ask(EntityRef entity, Object command) {
    return key -> Optional.of(world.client(entity, command, key));
  }

  /** A signal to whatever operation runs then. */
  private Act signal(EntityRef owner, Supplier<Operation.Command> command) {
    return key -> {
      Truth.Known known = world.truth().get(owner);
      return known.type().operations(known.state()).stream()
          .map(OperationRequest::id)
          .findFirst()
          .map(id -> world.signal(owner, id, command.get(), key));
    };
  }

  private List<Act> store(String id) {
    EntityRef ref = StoreType.ref(id);
    List<Act> acts = new ArrayList<>();
    acts.add(
        ask(
            ref,
            new Store.Command.Register(
                new Store.Registration(
                    id,
                    "postgresql",
                    "db.example",
                    5432,
                    "admin",
                    new SecretRef("stores/" + id + "/admin").toString(),
                    null,
                    null,
                    REGION,
                    TIER,
                    new Store.Capacity(2 + random.nextInt(6), 10, 2),
                    List.of()))));
    for (int i = random.nextInt(4); i > 0; i--) {
      acts.add(
          ask(
              ref,
              switch (random.nextInt(3)) {
                case 0 -> new Store.Command.Drain();
                case 1 -> new Store.Command.Undrain();
                default -> new Store.Command.Recheck();
              }));
    }
    return acts;
  }

  private List<Act> pool(String id, String store) {
    EntityRef ref = PoolType.ref(id);
    Pool.Command create =
        new Pool.Command.Create(
            new Pool.Spec(id, store, REGION, TIER, target(2), 1 + random.nextInt(4), List.of()));
    List<Act> acts = new ArrayList<>();
    acts.add(ask(ref, create));
    for (int i = random.nextInt(4); i > 0; i--) {
      acts.add(
          ask(
              ref,
              switch (random.nextInt(4)) {
                case 0 -> new Pool.Command.Drop();
                case 1 -> new Pool.Command.MigrateTo(target(3), "manual/" + i);
                default -> create;
              }));
    }
    return acts;
  }

  private List<Act> tenant(String id) {
    EntityRef ref = TenantType.ref(id);
    Isolation isolation = Isolation.values()[random.nextInt(Isolation.values().length)];
    Profile profile = new Profile(id, id, "pro", REGION, TIER, Map.of(), List.of());
    Wish wish = new Wish(isolation, null, null, target(2));
    Act onboard = ask(ref, new TenantCommand.Onboard(profile, wish, true));
    List<Act> acts = new ArrayList<>();
    acts.add(onboard);
    for (int i = 3 + random.nextInt(9); i > 0; i--) {
      int number = i;
      switch (random.nextInt(11)) {
        case 0, 1 -> acts.add(ask(ref, new TenantCommand.Suspend("unpaid")));
        case 2, 3 -> acts.add(ask(ref, new TenantCommand.Resume()));
        case 4 -> acts.add(ask(ref, new TenantCommand.Tag(List.of("t" + i), List.of())));
        case 5 -> acts.add(ask(ref, new TenantCommand.MigrateTo(target(3), "manual/" + number)));
        case 6, 7 -> acts.add(ask(ref, new TenantCommand.Offboard(id)));
        case 8 -> acts.add(signal(ref, Operation.Command.Cancel::new));
        case 9 -> {
          acts.add(signal(ref, Operation.Command.Pause::new));
          acts.add(signal(ref, Operation.Command.Resume::new));
        }
        default -> acts.add(onboard);
      }
    }
    return acts;
  }

  private List<Act> rollout() {
    EntityRef ref = RolloutType.ref("summer");
    List<Act> acts = new ArrayList<>();
    acts.add(
        ask(
            ref,
            new Rollout.Command.Start(
                new Rollout.Plan(
                    "summer",
                    target(3),
                    Homes.Selector.ALL,
                    List.of(new Rollout.Size.Count(1), new Rollout.Size.Percent(50)),
                    1 + random.nextInt(3),
                    new Rollout.Size.Count(random.nextInt(2)),
                    random.nextInt(30),
                    random.nextBoolean()))));
    if (random.nextInt(3) == 0) {
      acts.add(signal(ref, Operation.Command.Pause::new));
      acts.add(signal(ref, Operation.Command.Resume::new));
    }
    if (random.nextInt(3) == 0) {
      acts.add(ask(ref, new Rollout.Command.RetryFailed()));
    }
    if (random.nextInt(3) == 0) {
      acts.add(ask(ref, new Rollout.Command.RollBack(random.nextBoolean() ? "wave-2" : null)));
    }
    return acts;
  }

  private static Target target(int version) {
    return new Target(
        CHANGELOG,
        "" + version,
        IntStream.rangeClosed(1, version).mapToObj(v -> "" + v).toList(),
        true,
        "digest-of-" + version);
  }

  /** Approves what waits for a person, and in the end lets go what somebody paused. */
  private void operator() {
    world
        .loop()
        .after(
            "client",
            OPERATOR_EVERY,
            () -> {
              for (Truth.Known known : List.copyOf(world.truth().all())) {
                if (known.state() instanceof Operation.Running running) {
                  attend(running);
                } else if (calm && Converges.halfGone(known.state())) {
                  world.client(
                      known.entity(),
                      known.entity().type().equals("pool")
                          ? new Pool.Command.Drop()
                          : new TenantCommand.Offboard(known.entity().id()),
                      "operator/" + ++signals);
                }
              }
              operator();
            });
  }

  private void attend(Operation.Running running) {
    EntityRef owner = EntityRef.parse(running.plan().owner());
    String id = running.plan().id();
    if (running.paused() && calm) {
      world.signal(owner, id, new Operation.Command.Resume(), "operator/" + ++signals);
    }
    switch (running.waiting()) {
      case Operation.Wait.Gate(var signal, _, _) ->
          world.signal(
              owner, id, new Operation.Command.Approve(signal, null), "operator/" + ++signals);
      case Operation.Wait.Choice _ ->
          world.signal(owner, id, new Operation.Command.Choose(false), "operator/" + ++signals);
      case Operation.Wait.Ready _,
          Operation.Wait.Attempt _,
          Operation.Wait.Until _,
          Operation.Wait.Calling _,
          Operation.Wait.Child _,
          Operation.Wait.Definition _ -> {}
    }
  }
}
