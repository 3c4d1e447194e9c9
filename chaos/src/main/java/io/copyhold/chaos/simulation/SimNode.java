package io.copyhold.chaos.simulation;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.agenda.Agenda;
import io.copyhold.runtime.entity.EntityBehavior;
import io.copyhold.runtime.entity.EntityType;
import io.copyhold.runtime.entity.EntityTypes;
import io.copyhold.runtime.entity.JournalHistory;
import io.copyhold.runtime.entity.Message;
import io.copyhold.runtime.entity.Ports;
import io.copyhold.runtime.entity.Quarantines;
import io.copyhold.runtime.entity.Reply;
import io.copyhold.runtime.journal.Journaled;
import io.copyhold.runtime.operation.OperationTypes;
import io.copyhold.runtime.operation.Operations;
import io.copyhold.runtime.telemetry.Telemetry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.pekko.actor.BootstrapSetup;
import org.apache.pekko.actor.setup.ActorSystemSetup;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Terminated;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.persistence.query.EventEnvelope;
import org.apache.pekko.persistence.query.Offset;
import org.apache.pekko.stream.SystemMaterializer;
import org.apache.pekko.stream.javadsl.Source;

/**
 * One node: a real actor system with the real shell and engine, on the simulation's ports. It works
 * on the shards that it takes for its own, each under a term that it claims before it starts an
 * entity there; when the journal tells it that a later claim was made, it stops that shard's
 * entities before it may claim anew.
 */
final class SimNode {
  private static final Duration DAEMON_EVERY = Duration.ofMillis(500);
  private static final Duration VISIBILITY = Duration.ofSeconds(5);
  private static final Duration RENEW_EVERY = Duration.ofSeconds(10);
  private static final Duration CLAIM_AGAIN = Duration.ofMillis(500);
  private static final Duration STEP_MAX = Duration.ofMillis(50);
  private static final Duration LONG_STEP_MAX = Duration.ofSeconds(3);
  private static final Duration SLOW_STEP_MAX = Duration.ofSeconds(40);
  private static final int WAITING_MAX = 100;
  private static final Config DEFAULTS = ConfigFactory.load();

  /** What the node's guardian is told. */
  private sealed interface Order {
    /** A message for an entity, with the way back. */
    record Deliver(
        EntityRef entity, Function<ActorRef<Reply>, Message> message, Consumer<Reply> answer)
        implements Order {}

    /** Stop the shard's entities at once: it is lost. */
    record Drop(int shard) implements Order {}

    /** Stop the shard's entities in good order, and say when they are gone. */
    record HandOff(int shard, Runnable done) implements Order {}

    /** The entity has nothing to do. */
    record Passivate(EntityRef entity) implements Order {}
  }

  private final String name;
  private final SimWorld world;
  private final EntityTypes types;
  private final Ports ports;
  private final Operations operations;
  private final JournalHistory history;
  private final ActorSystem<Order> system;
  private final Map<Integer, List<Order.Deliver>> waiting = new HashMap<>();
  private final Set<Integer> losing = new HashSet<>();
  private final Map<Long, Runnable> steps = new TreeMap<>();
  private long stepsBegun;

  SimNode(String name, SimWorld world, EntityTypes types, OperationTypes operationTypes) {
    this.name = name;
    this.world = world;
    this.types = types;
    SimLoop loop = world.loop();
    Agenda agenda = world.agenda().at(name);
    this.ports =
        new Ports(
            () -> loop.nowAt(name),
            loop.random(),
            this::step,
            agenda,
            world.terms(name),
            world.entitiesSeenFrom(name),
            new Quarantines(),
            Telemetry.NONE,
            world.settings(),
            name);
    List<ActorSystem<Order>> made = new ArrayList<>();
    loop.inlineDuring(() -> {
      ActorSystem<Order> fresh =
          ActorSystem.create(
              Behaviors.setup(Guardian::new),
              "sim",
              ActorSystemSetup.create(BootstrapSetup.create(config(loop.id(), name)), types));
      SystemMaterializer.get(fresh); // waits for itself when it is first asked for
      made.add(fresh);
    });
    this.system = made.getFirst();
    this.history = new JournalHistory(system, this::events, types);
    this.operations = new Operations(operationTypes, types.codec(), history);
    daemon(agenda);
    renew();
  }

  String name() {
    return name;
  }

  /** A step takes a while, sometimes longer than its owner keeps the shard. */
  private void step(Runnable body) {
    SimLoop loop = world.loop();
    long number = stepsBegun++;
    steps.put(number, body);
    world.beganStep(name);
    Duration takes =
        loop.between(
            Duration.ofMillis(1), loop.random().nextInt(8) == 0 ? LONG_STEP_MAX : STEP_MAX);
    if (loop.random().nextDouble() < loop.conditions().slowSteps) {
      loop.conditions().coverage.hit(Fault.SLOW_STEPS);
      takes = loop.between(Duration.ofSeconds(1), SLOW_STEP_MAX);
    }
    loop.after(
        name,
        takes,
        () -> {
          steps.remove(number);
          body.run();
        });
  }

  /** Steps that this node has in hand. */
  Collection<Runnable> steps() {
    return steps.values();
  }

  /** Hands a message to the entity's actor on this node, starting it when there is none. */
  void deliver(
      EntityRef entity, Function<ActorRef<Reply>, Message> message, Consumer<Reply> answer) {
    if (!world.hosts(name, entity)) {
      return; // the sender asks again
    }
    int shard = Shards.of(entity);
    Order.Deliver order = new Order.Deliver(entity, message, answer);
    if (world.disk().terms().held(name, shard) > 0 && !losing.contains(shard)) {
      system.tell(order);
      return;
    }
    List<Order.Deliver> queue = waiting.computeIfAbsent(shard, _ -> new ArrayList<>());
    if (queue.size() < WAITING_MAX) {
      queue.add(order);
    }
    if (queue.size() == 1 && !losing.contains(shard)) {
      claim(shard);
    }
  }

  private void claim(int shard) {
    world.atJournal(
        name,
        () -> world.disk().terms().claim(shard, name),
        (term, failure) -> {
          if (term == null) {
            world.loop().after(name, CLAIM_AGAIN, () -> claim(shard));
            return;
          }
          world.loop().note(name + " holds shard " + shard + " under term " + term);
          world.disk().terms().hold(name, shard, term);
          List<Order.Deliver> queue = waiting.remove(shard);
          if (queue != null) {
            queue.forEach(system::tell);
          }
        });
  }

  /** The journal said that another claimed the shard. */
  void lost(int shard) {
    if (losing.add(shard)) {
      world.loop().note(name + " learns that it lost shard " + shard);
      system.tell(new Order.Drop(shard));
    }
  }

  private void gone(int shard) {
    world.disk().terms().release(name, shard);
    losing.remove(shard);
    List<Order.Deliver> queue = waiting.remove(shard);
    if (queue != null) {
      queue.forEach(order -> deliver(order.entity(), order.message(), order.answer()));
    }
  }

  /** Stops what lives in the shard; {@code done} when all has come to an end. */
  void handOff(int shard, Runnable done) {
    system.tell(
        new Order.HandOff(
            shard,
            () -> {
              world.disk().terms().release(name, shard);
              done.run();
            }));
  }

  /** The parent of all entities of the node. */
  private final class Guardian extends AbstractBehavior<Order> {
    private final Map<EntityRef, ActorRef<Message>> live = new HashMap<>();
    private final Map<ActorRef<Message>, EntityRef> names = new HashMap<>();
    private final Map<EntityRef, List<Order.Deliver>> leaving = new HashMap<>();
    private final Map<Integer, List<Runnable>> onEmpty = new TreeMap<>();

    Guardian(ActorContext<Order> context) {
      super(context);
    }

    @Override
    public Receive<Order> createReceive() {
      return newReceiveBuilder()
          .onMessage(Order.class, this::on)
          .onSignal(Terminated.class, this::terminated)
          .build();
    }

    private Behavior<Order> on(Order order) {
      switch (order) {
        case Order.Deliver deliver -> deliver(deliver);
        case Order.Drop(var shard) -> {
          List.copyOf(live.entrySet()).stream()
              .filter(entry -> Shards.of(entry.getKey()) == shard)
              .sorted(Comparator.comparing(entry -> entry.getKey().toString()))
              .forEach(entry -> getContext().stop(entry.getValue()));
          whenEmpty(shard, () -> gone(shard));
        }
        case Order.HandOff(var shard, var done) -> {
          List.copyOf(live.entrySet()).stream()
              .filter(entry -> Shards.of(entry.getKey()) == shard)
              .sorted(Comparator.comparing(entry -> entry.getKey().toString()))
              .forEach(entry -> entry.getValue().tell(Message.Stop.INSTANCE));
          whenEmpty(shard, done);
        }
        case Order.Passivate(var entity) -> {
          ActorRef<Message> actor = live.get(entity);
          if (actor != null) {
            leaving.computeIfAbsent(entity, _ -> new ArrayList<>());
            actor.tell(Message.Stop.INSTANCE);
          }
        }
      }
      return this;
    }

    private void deliver(Order.Deliver deliver) {
      EntityRef entity = deliver.entity();
      List<Order.Deliver> held = leaving.get(entity);
      if (held != null) {
        held.add(deliver);
        return;
      }
      ActorRef<Message> actor = live.get(entity);
      if (actor == null) {
        actor = getContext().spawnAnonymous(behavior(entity));
        getContext().watch(actor);
        live.put(entity, actor);
        names.put(actor, entity);
      }
      ActorRef<Reply> replyTo =
          getContext()
              .spawnAnonymous(
                  Behaviors.receive(Reply.class)
                      .onAnyMessage(reply -> {
                        deliver.answer().accept(reply);
                        return Behaviors.stopped();
                      })
                      .build());
      actor.tell(deliver.message().apply(replyTo));
    }

    private Behavior<Order> terminated(Terminated terminated) {
      ActorRef<Message> actor = terminated.getRef().unsafeUpcast();
      EntityRef entity = names.remove(actor);
      if (entity == null) {
        return this;
      }
      live.remove(entity);
      List<Order.Deliver> held = leaving.remove(entity);
      int shard = Shards.of(entity);
      if (onEmpty.containsKey(shard)) {
        checkEmpty(shard);
      } else if (held != null) {
        held.forEach(this::deliver);
      }
      return this;
    }

    private void whenEmpty(int shard, Runnable then) {
      onEmpty.computeIfAbsent(shard, _ -> new ArrayList<>()).add(then);
      checkEmpty(shard);
    }

    private void checkEmpty(int shard) {
      if (live.keySet().stream().noneMatch(entity -> Shards.of(entity) == shard)) {
        List<Runnable> then = onEmpty.remove(shard);
        if (then != null) {
          then.forEach(Runnable::run);
        }
      }
    }
  }

  private Behavior<Message> behavior(EntityRef ref) {
    return behavior(types.get(ref.type()), ref);
  }

  private <S, C, E> Behavior<Message> behavior(EntityType<S, C, E> type, EntityRef ref) {
    return EntityBehavior.create(
        type,
        ref,
        ports,
        types.codec(),
        history,
        operations.reactor(type),
        () -> system.tell(new Order.Passivate(ref)));
  }

  /** Asks the journal whether what this node holds is still its own, as a lease's renewal does. */
  private void renew() {
    world
        .loop()
        .after(
            name,
            RENEW_EVERY,
            () -> {
              renew();
              for (int shard = 0; shard < Shards.COUNT; shard++) {
                int mine = shard;
                long term = world.disk().terms().held(name, shard);
                if (term > 0) {
                  world.<Boolean>atJournal(
                      name,
                      () -> world.disk().terms().newest(mine).term() == term,
                      (still, _) -> {
                        if (Boolean.FALSE.equals(still)
                            && world.disk().terms().held(name, mine) == term) {
                          lost(mine);
                        }
                      });
                }
              }
            });
  }

  private void daemon(Agenda agenda) {
    world
        .loop()
        .after(
            name,
            DAEMON_EVERY,
            () -> {
              if (world.agenda().anyDue()) {
                agenda
                    .take(0, 1, 100, VISIBILITY)
                    .thenAccept(due ->
                        due.forEach(
                            row -> ports.entities().wake(row.entity(), row.name(), row.missed())));
              }
              daemon(agenda);
            });
  }

  private Source<EventEnvelope, org.apache.pekko.NotUsed> events(
      String persistenceId, long from, long to) {
    List<EventEnvelope> envelopes = new ArrayList<>();
    world
        .disk()
        .rows(persistenceId)
        .forEach((sequence, row) -> {
          if (sequence >= from && sequence <= to) {
            Journaled event = types.codec().decodeEvent(row.manifest(), row.bytes());
            envelopes.add(
                new EventEnvelope(Offset.sequence(sequence), persistenceId, sequence, event, 0L));
          }
        });
    return Source.from(envelopes);
  }

  private static Config config(String loop, String node) {
    String dispatcher =
        "{ type = Dispatcher, executor = \""
            + SimDispatcher.class.getName()
            + "\", throughput = 1 }";
    return ConfigFactory.parseString(
            """
            copyhold.simulation { loop = "%s", node = "%s" }
            copyhold.simulation.journal {
              class = "io.copyhold.chaos.simulation.SimJournal"
              plugin-dispatcher = "pekko.actor.default-dispatcher"
              circuit-breaker { max-failures = 1000000, call-timeout = 60s, reset-timeout = 1s }
            }
            pekko {
              loggers = []
              loglevel = OFF
              stdout-loglevel = OFF
              log-dead-letters = off
              jvm-exit-on-fatal-error = off
              actor.provider = local
              actor.serializers.copyhold = "io.copyhold.runtime.entity.MessageSerializer"
              actor.serialization-bindings {
                "io.copyhold.runtime.journal.Journaled" = copyhold
                "io.copyhold.runtime.entity.ShellState" = copyhold
                "io.copyhold.runtime.entity.Message" = copyhold
                "io.copyhold.runtime.entity.Reply" = copyhold
              }
              actor.default-dispatcher = %3$s
              actor.internal-dispatcher = "pekko.actor.default-dispatcher"
              actor.default-blocking-io-dispatcher = %3$s
              persistence.dispatchers.default-plugin-dispatcher = %3$s
              persistence.dispatchers.default-replay-dispatcher = %3$s
              persistence.dispatchers.default-stream-dispatcher = %3$s
              persistence.journal.plugin = "copyhold.simulation.journal"
              persistence.snapshot-store.plugin = "pekko.persistence.no-snapshot-store"
              scheduler.implementation = "io.copyhold.chaos.simulation.SimScheduler"
              coordinated-shutdown.run-by-jvm-shutdown-hook = off
            }
            """
                .formatted(loop, node, dispatcher))
        .withFallback(DEFAULTS);
  }
}
