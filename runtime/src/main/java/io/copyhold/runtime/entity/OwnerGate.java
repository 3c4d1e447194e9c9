package io.copyhold.runtime.entity;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import java.time.Duration;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.BehaviorInterceptor;
import org.apache.pekko.actor.typed.TypedActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * Puts off what others ask of an entity while its node does not know whether it still owns it, and
 * what would change it while nobody has looked whether it is behind what it owns.
 */
final class OwnerGate extends BehaviorInterceptor<Object, Object> {
  /** The register answers within milliseconds. */
  private static final Duration RETRY_AFTER = Duration.ofMillis(250);

  /** All owners of a store are compared with their homes within seconds. */
  private static final Duration VERIFY_AFTER = Duration.ofSeconds(1);

  private final EntityRef ref;
  private final Hosting hosting;

  private OwnerGate(EntityRef ref, Hosting hosting) {
    super(Object.class); // the journal's answers are no Messages
    this.ref = ref;
    this.hosting = hosting;
  }

  @SuppressWarnings("unchecked")
  static Behavior<Message> around(EntityRef ref, Hosting hosting, Behavior<Message> behavior) {
    Behavior<?> gated =
        Behaviors.intercept(
            () -> new OwnerGate(ref, hosting), (Behavior<Object>) (Behavior<?>) behavior);
    return (Behavior<Message>) gated;
  }

  @Override
  public Behavior<Object> aroundReceive(
      TypedActorContext<Object> context, Object message, ReceiveTarget<Object> target) {
    if (message instanceof Message.Remote remote && !hosting.mayAnswer().getAsBoolean()) {
      remote
          .replyTo()
          .tell(
              new Reply.NotNow(
                  RETRY_AFTER,
                  true,
                  Problem.unavailable(
                          "node-was-asleep",
                          "the node of "
                              + ref
                              + " was asleep and asks whether it is still its owner")
                      .todo("repeat it")));
      return Behaviors.same();
    }
    if (message instanceof Message.Ask ask && !(ask.command() instanceof Verifying)) {
      Problem unverified = hosting.unverified().apply(ref);
      if (unverified != null) {
        ask.replyTo().tell(new Reply.NotNow(VERIFY_AFTER, true, unverified));
        return Behaviors.same();
      }
    }
    return target.apply(context, message);
  }
}
