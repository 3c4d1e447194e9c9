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
import io.copyhold.runtime.operation.OperationTypes;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
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
  private static final Duration ORPHAN_MAX = Duration.ofSeconds(20);
  private static final Duration DELAY_MAX = Duration.ofSeconds(8);
  private static final Duration HAND_OFF_MAX = Duration.ofSeconds(60);
  private static final int EVENT_CHARS_MAX = 140;
  private static final String CLIENT = "client";

  /** Owner of a shard that is being handed over. */
  private static final String NOBODY = "";

  /** Something that just became durable. */
  public record Written(EntityRef entity, long version, String event) {}

  private final SimLoop loop;
  private final SimDisk disk;
  private final SimAgenda agenda;

  /**
   * As on PostgreSQL: one transaction for events, agenda rows, and what begins and ends with them.
   */
  private final boolean together;

  private final EntityTypes types;
  private final Supplier<OperationTypes> operations;
  private final Truth truth;
  private final Map<String, SimNode> nodes = new TreeMap<>();

  /** Whom the cluster takes for its members. */
  private final Set<String> members = new TreeSet<>();

  private final Map<Integer, String> shards = new HashMap<>();

  /** The shards as a node saw them last that was removed and does not know. */
  private final Map<String, Map<Integer, String>> outdated = new HashMap<>();

  private final Map<EntityRef, Map<String, String>> forcedOwners = new HashMap<>();
  private final List<Consumer<Written>> observers = new ArrayList<>();
  private Consumer<Happening> watcher = _ -> {};
  private Consumer<String> onStep = _ -> {};

  public SimWorld(long seed, EntityTypes types, Supplier<OperationTypes> operations) {
    this.loop = new SimLoop("sim-" + seed + "-" + System.identityHashCode(this), seed);
    this.disk = new SimDisk(loop);
    this.together = seed % 2 != 0;
    this.agenda = new SimAgenda(loop, together);
    this.types = types;
    this.truth = new Truth(types);
    this.operations = operations;
    disk.agenda(agenda);
    disk.afterWrite(this::written);
    disk.onFenced(this::lost);
  }

  private void lost(String node, int shard) {
    if (nodes.get(node) instanceof SimNode fenced) {
      fenced.lost(shard);
    }
  }

  private void written(List<SimDisk.Row> rows) {
    for (SimDisk.Row row : rows) {
      loop.conditions().coverage.event();
      boolean last =
          row == rows.getLast()
              || !rows.get(rows.indexOf(row) + 1).persistenceId().equals(row.persistenceId());
      Happening.Appended appended = truth.append(row, last);
      String event = String.valueOf(appended.event().event());
      loop.note(
          row.persistenceId()
              + "@"
              + row.sequence()
              + " by "
              + row.node()
              + " term "
              + row.term()
              + ": "
              + event.substring(0, Math.min(event.length(), EVENT_CHARS_MAX)));
      watcher.accept(appended);
    }
    for (SimDisk.Row row : rows) {
      Written written =
          new Written(EntityRef.parse(row.persistenceId()), row.sequence(), row.manifest());
      List.copyOf(observers).forEach(observer -> observer.accept(written));
    }
  }

  /** Sees every event, acknowledgement and end of a row, as it becomes true. */
  void watch(Consumer<Happening> next) {
    watcher = next;
    agenda.onChange(entity -> next.accept(new Happening.RowChanged(entity)));
  }

  /** Called with the node's name whenever a step begins. */
  void onStep(Consumer<String> observer) {
    onStep = observer;
  }

  void beganStep(String node) {
    onStep.accept(node);
  }

  Truth truth() {
    return truth;
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
    loop.conditions().loss = loss;
    loop.conditions().duplication = duplication;
  }

  public void start(String node) {
    startWith(node, operations.get());
  }

  /** Starts a node of another version: one that knows other operation types. */
  public void startWith(String node, OperationTypes known) {
    nodes.put(node, new SimNode(node, this, types, known));
    members.add(node);
    loop.note("start " + node);
  }

  /** Starts a node with entity types of its own, to see what notices that they are broken. */
  void startWith(String node, EntityTypes broken) {
    nodes.put(node, new SimNode(node, this, broken, operations.get()));
    members.add(node);
    loop.note("start " + node);
  }

  /**
   * kill -9: nothing of it runs any more; the others notice after a while and wake its entities.
   */
  public void kill(String node) {
    SimNode killed = nodes.remove(node);
    if (killed == null) {
      return;
    }
    loop.kill(node);
    outdated.remove(node);
    loop.note("kill " + node);
    loop.after("world", DETECTION, () -> remove(node));
  }

  /** As {@link #kill}, but the statements its steps had sent to stores are still carried out. */
  void killWithOrphans(String node, SimStores stores) {
    if (nodes.get(node) instanceof SimNode killed) {
      List<Runnable> steps = List.copyOf(killed.steps());
      kill(node);
      for (Runnable step : steps) {
        loop.after(
            "world",
            loop.between(Duration.ZERO, ORPHAN_MAX),
            () -> {
              loop.note("a statement of " + node + " is carried out after its death");
              stores.orphan(step);
            });
      }
    }
  }

  /**
   * The others take the node for lost. If it lives, it goes on with what it believes to be its own.
   */
  void remove(String node) {
    if (!members.remove(node)) {
      return;
    }
    loop.note("removed " + node);
    if (nodes.containsKey(node)) {
      outdated.put(node, new HashMap<>(shards));
    }
    shards.values().removeIf(owner -> owner.equals(node));
    agenda.wakeAllOf(node);
  }

  boolean member(String node) {
    return members.contains(node);
  }

  /** Nodes that run or stand still, members or not. */
  Collection<SimNode> nodes() {
    return nodes.values();
  }

  /**
   * A shard goes from its node to another one, after what runs there has come to a stop; false when
   * there is nothing to hand over.
   */
  boolean handOff(int shard, String to) {
    String from = shards.get(shard);
    if (from == null || from.equals(to) || !(nodes.get(from) instanceof SimNode node)) {
      return false;
    }
    loop.note("hand-off of shard " + shard + " from " + from + " to " + to);
    shards.put(shard, NOBODY);
    loop.after(
        from,
        Duration.ZERO,
        () ->
            node.handOff(
                shard,
                () -> {
                  // the one it was meant for may be gone by now: then to whomever asks next
                  if (NOBODY.equals(shards.get(shard))) {
                    shards.remove(shard);
                    if (members.contains(to)) {
                      shards.put(shard, to);
                    }
                  }
                }));
    loop.after( // whatever became of it: its node may have died meanwhile
        "world",
        HAND_OFF_MAX,
        () -> {
          if (NOBODY.equals(shards.get(shard))) {
            shards.remove(shard);
          }
        });
    return true;
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
  @SuppressWarnings("unchecked")
  public <S, C, E> S state(EntityType<S, C, E> type, String id) {
    return (S) truth.get(new EntityRef(type.name(), id)).state();
  }

  /** A client: repeats a command with one key until it is applied or refused. */
  public CompletableFuture<Reply> client(EntityRef entity, Object command, String key) {
    Origin origin = Origin.of("token:client").withKey(key);
    return repeated(key, entity, via -> via.ask(entity, command, origin));
  }

  /** As {@link #client}, to an operation of {@code owner}. */
  public CompletableFuture<Reply> signal(
      EntityRef owner, String operation, Object command, String key) {
    Origin origin = Origin.of("token:client").withKey(key);
    return repeated(
        key, owner.operation(operation), via -> via.signal(owner, operation, command, origin));
  }

  private CompletableFuture<Reply> repeated(
      String key, EntityRef entity, Function<Entities, CompletionStage<Reply>> call) {
    CompletableFuture<Reply> done = new CompletableFuture<>();
    attempt(key, entity, call, done);
    return done;
  }

  private void attempt(
      String key,
      EntityRef entity,
      Function<Entities, CompletionStage<Reply>> call,
      CompletableFuture<Reply> done) {
    call.apply(new Network(CLIENT, through()))
        .thenAccept(reply -> {
          if (reply instanceof Reply.NotNow) {
            loop.after(CLIENT, CLIENT_RETRY, () -> attempt(key, entity, call, done));
            return;
          }
          loop.note("answer to " + key + ": " + reply.getClass().getSimpleName());
          if (reply instanceof Reply.Applied applied) {
            watcher.accept(new Happening.Acknowledged(entity, key, applied));
          }
          done.complete(reply);
        });
  }

  /** The node whose address the client's call happens to reach. */
  private String through() {
    if (nodes.isEmpty() || forcedOwners.values().stream().anyMatch(v -> v.containsKey(CLIENT))) {
      return CLIENT;
    }
    List<String> names = List.copyOf(nodes.keySet());
    return names.get(loop.random().nextInt(names.size()));
  }

  /** Does something in the journal's database for a node; the answer may not come. */
  <T> void atJournal(
      String node, Supplier<T> body, BiConsumer<@Nullable T, @Nullable Throwable> answer) {
    loop.after(
        node,
        Duration.ofNanos(500_000),
        () ->
            loop.after(
                "journal",
                Duration.ofNanos(100_000 + loop.random().nextLong(1_000_000)),
                () -> {
                  boolean away = loop.conditions().journalAway;
                  T value = away ? null : body.get();
                  loop.after(
                      node,
                      Duration.ofNanos(500_000),
                      () -> answer.accept(value, away ? new IOException("away") : null));
                }));
  }

  /**
   * Terms of operations: the shard's; or, as a journal without leases in memory would have it, one
   * that is asked for each time, which only whoever holds the shard gets and which is above all
   * earlier ones.
   */
  Ownership terms(String node) {
    return entity -> {
      CompletableFuture<Long> done = new CompletableFuture<>();
      int shard = Shards.of(entity);
      if (together) {
        long held = disk.terms().held(node, shard);
        return held > 0
            ? CompletableFuture.completedFuture(held)
            : CompletableFuture.failedFuture(new IOException("the shard is another's"));
      }
      atJournal(
          node,
          () -> disk.terms().newest(shard).node().equals(node) ? disk.terms().next() : 0L,
          (term, failure) -> {
            if (term != null && term > 0) {
              done.complete(term);
            } else if (failure == null) {
              done.completeExceptionally(new IOException("the shard is another's"));
              lost(node, shard);
            } else {
              done.completeExceptionally(failure);
            }
          });
      return done;
    };
  }

  /** Whether {@code node} takes itself for the entity's owner. */
  boolean hosts(String node, EntityRef entity) {
    return node.equals(owner(node, entity));
  }

  private @Nullable String owner(String seenFrom, EntityRef entity) {
    String forced = forcedOwners.getOrDefault(entity, Map.of()).get(seenFrom);
    if (forced != null && nodes.containsKey(forced)) {
      return forced;
    }
    int shard = Shards.of(entity);
    Map<Integer, String> view = outdated.get(seenFrom);
    if (view != null) {
      return view.get(shard);
    }
    String owner = shards.get(shard);
    if (owner == null && !members.isEmpty()) {
      List<String> all = List.copyOf(members);
      owner = all.get(loop.random().nextInt(all.size()));
      shards.put(shard, owner);
      loop.note("shard " + shard + " goes to " + owner);
    }
    return owner;
  }

  Entities entitiesSeenFrom(String node) {
    return new Network(node, node);
  }

  /** Messages take time, get lost and arrive twice. */
  private final class Network implements Entities {
    private final String sender;
    private final String seenFrom;

    Network(String sender, String seenFrom) {
      this.sender = sender;
      this.seenFrom = seenFrom;
    }

    private CompletionStage<Reply> send(
        EntityRef entity, Function<ActorRef<Reply>, Message> message) {
      CompletableFuture<Reply> done = new CompletableFuture<>();
      loop.after(
          sender,
          settings().askMax(),
          () ->
              done.complete(
                  new Reply.NotNow(
                      Duration.ofMillis(100),
                      false,
                      Problem.unavailable("no-answer", entity + " gave no answer"))));
      transmit(() -> {
        String target = owner(seenFrom, entity);
        if (target != null && nodes.get(target) instanceof SimNode node) {
          loop.after(
              target,
              Duration.ZERO,
              () ->
                  node.deliver(
                      entity,
                      message,
                      reply ->
                          transmit(() ->
                              loop.after(sender, Duration.ZERO, () -> done.complete(reply)))));
        }
      });
      return done;
    }

    private void transmit(Runnable arrival) {
      Conditions conditions = loop.conditions();
      int copies = 1;
      if (loop.random().nextDouble() < conditions.loss) {
        conditions.coverage.hit(Fault.LOSS);
        copies = 0;
      } else if (loop.random().nextDouble() < conditions.duplication) {
        conditions.coverage.hit(Fault.DUPLICATION);
        copies = 2;
      }
      for (int i = 0; i < copies; i++) {
        Duration takes = Duration.ofNanos(100_000 + loop.random().nextLong(5_000_000));
        if (loop.random().nextDouble() < conditions.delay) {
          conditions.coverage.hit(Fault.DELAY);
          takes = loop.between(Duration.ofMillis(100), DELAY_MAX);
        }
        loop.after("world", takes, arrival);
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
