package io.copyhold.runtime.entity;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.BehaviorInterceptor;
import org.apache.pekko.actor.typed.TypedActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** Puts off what others ask of an entity while its node does not know whether it still owns it. */
final class OwnerGate extends BehaviorInterceptor<Object, Object> {
  /** The register answers within milliseconds. */
  private static final Duration RETRY_AFTER = Duration.ofMillis(250);

  private final EntityRef ref;
  private final BooleanSupplier mayAnswer;

  private OwnerGate(EntityRef ref, BooleanSupplier mayAnswer) {
    super(Object.class); // the journal's answers are no Messages
    this.ref = ref;
    this.mayAnswer = mayAnswer;
  }

  @SuppressWarnings("unchecked")
  static Behavior<Message> around(
      EntityRef ref, BooleanSupplier mayAnswer, Behavior<Message> behavior) {
    Behavior<?> gated =
        Behaviors.intercept(
            () -> new OwnerGate(ref, mayAnswer), (Behavior<Object>) (Behavior<?>) behavior);
    return (Behavior<Message>) gated;
  }

  @Override
  public Behavior<Object> aroundReceive(
      TypedActorContext<Object> context, Object message, ReceiveTarget<Object> target) {
    if (message instanceof Message.Remote remote && !mayAnswer.getAsBoolean()) {
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
    return target.apply(context, message);
  }
}
