package io.copyhold.chaos.simulation;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.Entities;
import io.copyhold.runtime.entity.EntityType;
import io.copyhold.runtime.entity.EntityTypes;
import io.copyhold.runtime.entity.Message;
import io.copyhold.runtime.entity.Ownership;
import io.copyhold.runtime.entity.Reply;
import io.copyhold.runtime.entity.ShellSettings;
import io.copyhold.runtime.journal.Journaled;
import io.copyhold.runtime.operation.OperationTypes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/**
 * A cluster of simulated nodes and its faults. Create it, start nodes, send commands, kill and cut
 * as you like, and {@link #run} until something is so. Every choice comes from the seed.
 */
public final class SimWorld implements AutoCloseable {
  private static final Duration DETECTION = Duration.ofSeconds(2);
  private static final Duration CLIENT_RETRY = Duration.ofMillis(200);

  /** Something that just became durable. */
  public record Written(EntityRef entity, long version, String event) {}

  private final SimLoop loop;
  private final SimDisk disk;
  private final SimAgenda agenda;
  private final EntityTypes types;
  private final Supplier<OperationTypes> operations;
  private final Map<String, SimNode> nodes = new TreeMap<>();
  private final Map<EntityRef, Map<String, String>> forcedOwners = new HashMap<>();
  private final List<Consumer<Written>> observers = new ArrayList<>();
  private double lossRate;
  private double duplicationRate;
  private long term;

  public SimWorld(long seed, EntityTypes types, Supplier<OperationTypes> operations) {
    this.loop = new SimLoop("sim-" + seed + "-" + System.identityHashCode(this), seed);
    this.disk = new SimDisk(loop);
    this.agenda = new SimAgenda(loop);
    this.types = types;
    this.operations = operations;
    disk.afterWrite(rows ->
        rows.forEach(row -> {
          Written written =
              new Written(EntityRef.parse(row.persistenceId()), row.sequence(), row.manifest());
          List.copyOf(observers).forEach(observer -> observer.accept(written));
        }));
  }

  public SimLoop loop() {
    return loop;
  }

  public SimDisk disk() {
    return disk;
  }

  public SimAgenda agenda() {
    return agenda;
  }

  ShellSettings settings() {
    return new ShellSettings(
        Duration.ofMinutes(2),
        Duration.ofSeconds(20),
        Duration.ofSeconds(5),
        128,
        Duration.ofHours(24),
        100_000,
        3,
        Duration.ofMinutes(10),
        65_536,
        Duration.ofSeconds(30));
  }

  /** Called for each event at the moment it is durable, before its writer knows. */
  public void observe(Consumer<Written> observer) {
    observers.add(observer);
  }

  /** Shares of messages between nodes that are lost, and that arrive twice. */
  public void faults(double loss, double duplication) {
    lossRate = loss;
    duplicationRate = duplication;
  }

  public void start(String node) {
    startWith(node, operations.get());
  }

  /** Starts a node of another version: one that knows other operation types. */
  public void startWith(String node, OperationTypes known) {
    nodes.put(node, new SimNode(node, this, types, known));
  }

  /**
   * kill -9: nothing of it runs any more; the others notice after a while and wake its entities.
   */
  public void kill(String node) {
    if (nodes.remove(node) == null) {
      return;
    }
    loop.kill(node);
    loop.note("kill " + node);
    if (!nodes.isEmpty()) {
      loop.after("world", DETECTION, () -> survivor(node));
    }
  }

  private void survivor(String lost) {
    if (!nodes.isEmpty()) {
      agenda.at(nodes.keySet().iterator().next()).wakeAllOf(lost);
    }
  }

  public boolean alive(String node) {
    return nodes.containsKey(node);
  }

  /**
   * From now on {@code seenFrom} takes {@code owner} for the entity's node: two such views make two
   * owners.
   */
  public void forceOwner(EntityRef entity, String seenFrom, String owner) {
    forcedOwners.computeIfAbsent(entity, _ -> new HashMap<>()).put(seenFrom, owner);
  }

  public void healOwners() {
    forcedOwners.clear();
  }

  /** {@code node} takes a due row of the entity in hand, and wakes whom it takes for its owner. */
  public void wake(String node, EntityRef entity, String row) {
    entitiesSeenFrom(node).wake(entity, row, 0);
  }

  /** Runs until {@code done} or until {@code limit} of virtual time is over; says which. */
  public boolean run(BooleanSupplier done, Duration limit) {
    return loop.runUntil(done, limit);
  }

  /** The state as the journal has it. */
  public <S, C, E> S state(EntityType<S, C, E> type, String id) {
    S state = type.initial();
    for (SimDisk.Row row : disk.rows(new EntityRef(type.name(), id).persistenceId()).values()) {
      Journaled stored = types.codec().decodeEvent(row.manifest(), row.bytes());
      if (stored.event() instanceof Journaled.Unreadable unreadable) {
        throw new IllegalStateException(type.name() + "/" + id + " has " + unreadable);
      }
      @SuppressWarnings("unchecked")
      E event = (E) stored.event();
      state = type.evolve(state, event);
    }
    return state;
  }

  /** A client: repeats a command with one key until it is applied or refused. */
  public CompletableFuture<Reply> client(EntityRef entity, Object command, String key) {
    Origin origin = Origin.of("token:client").withKey(key);
    return repeated(() -> entitiesSeenFrom("client").ask(entity, command, origin));
  }

  /** As {@link #client}, to an operation of {@code owner}. */
  public CompletableFuture<Reply> signal(
      EntityRef owner, String operation, Object command, String key) {
    Origin origin = Origin.of("token:client").withKey(key);
    return repeated(() -> entitiesSeenFrom("client").signal(owner, operation, command, origin));
  }

  private CompletableFuture<Reply> repeated(Supplier<CompletionStage<Reply>> call) {
    CompletableFuture<Reply> done = new CompletableFuture<>();
    attempt(call, done);
    return done;
  }

  private void attempt(Supplier<CompletionStage<Reply>> call, CompletableFuture<Reply> done) {
    call.get()
        .thenAccept(reply -> {
          if (reply instanceof Reply.NotNow) {
            loop.after("client", CLIENT_RETRY, () -> attempt(call, done));
          } else {
            done.complete(reply);
          }
        });
  }

  Ownership terms(String node) {
    return _ -> {
      CompletableFuture<Long> done = new CompletableFuture<>();
      loop.after(
          node,
          Duration.ofNanos(500_000),
          () -> {
            long taken = ++term;
            loop.after(node, Duration.ofNanos(500_000), () -> done.complete(taken));
          });
      return done;
    };
  }

  private @Nullable SimNode owner(String seenFrom, EntityRef entity) {
    String forced = forcedOwners.getOrDefault(entity, Map.of()).get(seenFrom);
    if (forced != null && nodes.containsKey(forced)) {
      return nodes.get(forced);
    }
    if (nodes.isEmpty()) {
      return null;
    }
    List<SimNode> live = List.copyOf(nodes.values());
    return live.get(Math.floorMod(entity.toString().hashCode(), live.size()));
  }

  Entities entitiesSeenFrom(String node) {
    return new Network(node);
  }

  /** Messages take time, get lost and arrive twice. */
  private final class Network implements Entities {
    private final String node;

    Network(String node) {
      this.node = node;
    }

    private CompletionStage<Reply> send(
        EntityRef entity, Function<ActorRef<Reply>, Message> message) {
      CompletableFuture<Reply> done = new CompletableFuture<>();
      loop.after(
          node,
          settings().askMax(),
          () ->
              done.complete(
                  new Reply.NotNow(
                      Duration.ofMillis(100),
                      false,
                      Problem.unavailable("no-answer", entity + " gave no answer"))));
      transmit(() -> {
        SimNode target = owner(node, entity);
        if (target != null) {
          target.deliver(
              entity,
              message,
              reply -> transmit(() -> loop.after(node, Duration.ZERO, () -> done.complete(reply))));
        }
      });
      return done;
    }

    private void transmit(Runnable arrival) {
      int copies =
          loop.random().nextDouble() < lossRate
              ? 0
              : loop.random().nextDouble() < duplicationRate ? 2 : 1;
      for (int i = 0; i < copies; i++) {
        loop.after("world", Duration.ofNanos(100_000 + loop.random().nextLong(5_000_000)), arrival);
      }
    }

    @Override
    public CompletionStage<Reply> ask(EntityRef entity, Object command, Origin origin) {
      return send(entity, replyTo -> new Message.Ask(command, origin, false, replyTo));
    }

    @Override
    public CompletionStage<Reply> dryRun(EntityRef entity, Object command, Origin origin) {
      return send(entity, replyTo -> new Message.Ask(command, origin, true, replyTo));
    }

    @Override
    public CompletionStage<Reply> read(EntityRef entity) {
      return send(entity, Message.Read::new);
    }

    @Override
    public CompletionStage<Reply> signal(
        EntityRef owner, String operation, Object command, Origin origin) {
      return send(owner, replyTo -> new Message.Signal(operation, command, origin, false, replyTo));
    }

    @Override
    public CompletionStage<Reply> wake(EntityRef entity, String name, int missed) {
      return send(entity, replyTo -> new Message.Wake(name, missed, replyTo));
    }
  }

  @Override
  public void close() {
    disk.close();
    loop.close();
  }
}
