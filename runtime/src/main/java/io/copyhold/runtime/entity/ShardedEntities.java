package io.copyhold.runtime.entity;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.agenda.Agenda;
import io.copyhold.runtime.journal.Shard;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.cluster.sharding.typed.ShardingEnvelope;
import org.apache.pekko.cluster.sharding.typed.ShardingMessageExtractor;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.Entity;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.jspecify.annotations.Nullable;

/**
 * All entities of the cluster, through Pekko's sharding. The answer of an ask that runs out of time
 * is "not now".
 */
public final class ShardedEntities implements Entities {
  private final ClusterSharding sharding;
  private final Duration askMax;
  private final int shards;
  private final @Nullable Hosting hosting;
  private final Map<String, EntityTypeKey<Message>> keys = new ConcurrentHashMap<>();

  public ShardedEntities(ActorSystem<?> system, Duration askMax) {
    this(system, askMax, null);
  }

  /**
   * @param hosting of the entities of this node, or null for Pekko's own ways
   */
  public ShardedEntities(ActorSystem<?> system, Duration askMax, @Nullable Hosting hosting) {
    this.hosting = hosting;
    this.sharding = ClusterSharding.get(system);
    this.askMax = askMax;
    this.shards = system.settings().config().getInt("pekko.cluster.sharding.number-of-shards");
  }

  /** Hosts a type's entities on this node, too. */
  public <S, C, E> void host(
      EntityType<S, C, E> type,
      Ports ports,
      EntityTypes types,
      History history,
      Reactor.Factory<S> reactor) {
    EntityTypeKey<Message> key = EntityTypeKey.create(Message.class, type.name());
    keys.put(type.name(), key);
    Hosting how = hosting;
    Entity<Message, ShardingEnvelope<Message>> entity =
        Entity.of(
                key,
                context -> {
                  EntityRef ref = new EntityRef(type.name(), context.getEntityId());
                  return org.apache.pekko.actor.typed.javadsl.Behaviors.setup(actor -> {
                    ActorRef<Message> self = actor.getSelf();
                    Behavior<Message> behavior =
                        EntityBehavior.create(
                            type,
                            ref,
                            ports,
                            types.codec(),
                            history,
                            reactor,
                            () -> context.getShard().tell(new ClusterSharding.Passivate<>(self)));
                    return how == null ? behavior : OwnerGate.around(ref, how, behavior);
                  });
                })
            .withMessageExtractor(new Extractor(type.name(), shards))
            .withStopMessage(Message.Stop.INSTANCE);
    sharding.init(
        how == null ? entity : entity.withAllocationStrategy(how.allocation().apply(type.name())));
  }

  /** The shard by the same rule as the journal's. */
  private static final class Extractor
      extends ShardingMessageExtractor<ShardingEnvelope<Message>, Message> {
    private final String type;
    private final int shards;

    Extractor(String type, int shards) {
      this.type = type;
      this.shards = shards;
    }

    @Override
    public String entityId(ShardingEnvelope<Message> envelope) {
      return envelope.entityId();
    }

    @Override
    public String shardId(String id) {
      return String.valueOf(Shard.of(new EntityRef(type, id), shards).number());
    }

    @Override
    public Message unwrapMessage(ShardingEnvelope<Message> envelope) {
      return envelope.message();
    }
  }

  @Override
  public CompletionStage<Reply> ask(EntityRef entity, Object command, Origin origin) {
    return send(entity, true, replyTo -> new Message.Ask(command, origin, false, replyTo));
  }

  @Override
  public CompletionStage<Reply> dryRun(EntityRef entity, Object command, Origin origin) {
    return send(entity, false, replyTo -> new Message.Ask(command, origin, true, replyTo));
  }

  @Override
  public CompletionStage<Reply> read(EntityRef entity) {
    return send(entity, false, Message.Read::new);
  }

  @Override
  public CompletionStage<Reply> signal(
      EntityRef owner, String operation, Object command, Origin origin) {
    return send(
        owner, true, replyTo -> new Message.Signal(operation, command, origin, false, replyTo));
  }

  @Override
  public CompletionStage<Reply> dryRunSignal(
      EntityRef owner, String operation, Object command, Origin origin) {
    return send(
        owner, false, replyTo -> new Message.Signal(operation, command, origin, true, replyTo));
  }

  @Override
  public CompletionStage<Reply> wake(EntityRef entity, String name, int missed) {
    return send(entity, false, replyTo -> new Message.Wake(name, missed, null, replyTo));
  }

  @Override
  public CompletionStage<Reply> wake(Agenda.Due due) {
    return send(
        due.entity(),
        false,
        replyTo -> new Message.Wake(due.name(), due.missed(), due.due(), replyTo));
  }

  @Override
  public CompletionStage<Reply> prove(EntityRef owner, String operation) {
    return send(owner, false, replyTo -> new Message.Prove(operation, replyTo));
  }

  private CompletionStage<Reply> send(
      EntityRef entity, boolean changes, Function<ActorRef<Reply>, Message> message) {
    EntityTypeKey<Message> key = keys.get(entity.type());
    if (key == null) {
      return CompletableFuture.completedFuture(
          new Reply.Refused(
              Problem.notFound("entity-type-unknown", "there is no entity type " + entity.type())));
    }
    return sharding
        .entityRefFor(key, entity.id())
        .<Reply>ask(message::apply, askMax)
        .exceptionally(failure -> {
          Throwable cause = failure.getCause() == null ? failure : failure.getCause();
          if (failure instanceof TimeoutException || cause instanceof TimeoutException) {
            return new Reply.NotNow(
                Duration.ofSeconds(1),
                !changes,
                Problem.unavailable(
                        "no-answer", entity + " gave no answer within " + askMax.toMillis() + " ms")
                    .todo("repeat it with the same idempotency key"));
          }
          return new Reply.NotNow(
              Duration.ofSeconds(1),
              false,
              Problem.unavailable("not-reached", entity + " could not be reached"));
        });
  }
}
