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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.pekko.actor.BootstrapSetup;
import org.apache.pekko.actor.setup.ActorSystemSetup;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Terminated;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.persistence.query.EventEnvelope;
import org.apache.pekko.persistence.query.Offset;
import org.apache.pekko.stream.SystemMaterializer;
import org.apache.pekko.stream.javadsl.Source;

/** One node: a real actor system with the real shell and engine, on the simulation's ports. */
final class SimNode {
  private static final Duration DAEMON_EVERY = Duration.ofMillis(200);
  private static final Duration VISIBILITY = Duration.ofSeconds(5);

  /** A message for an entity, with the way back. */
  private record Deliver(
      EntityRef entity, Function<ActorRef<Reply>, Message> message, Consumer<Reply> answer) {}

  private final String name;
  private final SimWorld world;
  private final EntityTypes types;
  private final Ports ports;
  private final Operations operations;
  private final JournalHistory history;
  private final ActorSystem<Deliver> system;

  SimNode(String name, SimWorld world, EntityTypes types, OperationTypes operationTypes) {
    this.name = name;
    this.world = world;
    this.types = types;
    SimLoop loop = world.loop();
    Agenda agenda = world.agenda().at(name);
    this.ports =
        new Ports(
            loop::now,
            loop.random(),
            SimDispatcher.executor(loop, name),
            agenda,
            world.terms(name),
            world.entitiesSeenFrom(name),
            new Quarantines(),
            Telemetry.NONE,
            world.settings(),
            name);
    List<ActorSystem<Deliver>> made = new ArrayList<>();
    loop.inlineDuring(() -> {
      ActorSystem<Deliver> fresh =
          ActorSystem.create(
              Behaviors.setup(this::guardian),
              "sim",
              ActorSystemSetup.create(BootstrapSetup.create(config(loop.id(), name)), types));
      SystemMaterializer.get(fresh); // waits for itself when it is first asked for
      made.add(fresh);
    });
    this.system = made.getFirst();
    this.history = new JournalHistory(system, this::events, types);
    this.operations = new Operations(operationTypes, types.codec(), history);
    daemon(agenda);
  }

  String name() {
    return name;
  }

  /** Hands a message to the entity's actor on this node, starting it when there is none. */
  void deliver(
      EntityRef entity, Function<ActorRef<Reply>, Message> message, Consumer<Reply> answer) {
    system.tell(new Deliver(entity, message, answer));
  }

  private Behavior<Deliver> guardian(ActorContext<Deliver> context) {
    Map<EntityRef, ActorRef<Message>> live = new HashMap<>();
    Map<ActorRef<Message>, EntityRef> names = new HashMap<>();
    return Behaviors.receive(Deliver.class)
        .onMessage(
            Deliver.class,
            deliver -> {
              ActorRef<Message> actor =
                  live.computeIfAbsent(
                      deliver.entity(),
                      ref -> {
                        ActorRef<Message> fresh = context.spawnAnonymous(behavior(ref));
                        context.watch(fresh);
                        names.put(fresh, ref);
                        return fresh;
                      });
              ActorRef<Reply> replyTo =
                  context.spawnAnonymous(
                      Behaviors.receive(Reply.class)
                          .onAnyMessage(reply -> {
                            deliver.answer().accept(reply);
                            return Behaviors.stopped();
                          })
                          .build());
              actor.tell(deliver.message().apply(replyTo));
              return Behaviors.same();
            })
        .onSignal(
            Terminated.class,
            terminated -> {
              ActorRef<Message> gone = terminated.getRef().unsafeUpcast();
              EntityRef ref = names.remove(gone);
              if (ref != null) {
                live.remove(ref, gone);
              }
              return Behaviors.same();
            })
        .build();
  }

  private Behavior<Message> behavior(EntityRef ref) {
    return behavior(types.get(ref.type()), ref);
  }

  private <S, C, E> Behavior<Message> behavior(EntityType<S, C, E> type, EntityRef ref) {
    return EntityBehavior.create(
        type, ref, ports, types.codec(), history, operations.reactor(type), null);
  }

  private void daemon(Agenda agenda) {
    world
        .loop()
        .after(
            name,
            DAEMON_EVERY,
            () -> {
              agenda
                  .take(0, 1, 100, VISIBILITY)
                  .thenAccept(due ->
                      due.forEach(
                          row -> ports.entities().wake(row.entity(), row.name(), row.missed())));
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
        .withFallback(ConfigFactory.load());
  }
}
