package io.copyhold.http.auth;

import io.copyhold.http.stream.Changes;
import java.time.Duration;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.stream.RestartSettings;
import org.apache.pekko.stream.javadsl.RestartSource;

/** Has this node forget a token as soon as it hears, from any node, that it was revoked. */
public final class Revocations {
  /** Between two tries to follow the journal. */
  private static final RestartSettings AGAIN =
      RestartSettings.create(Duration.ofMillis(200), Duration.ofSeconds(10), 0.2);

  private Revocations() {}

  /** Until the actor system ends. */
  public static void follow(ActorSystem<?> system, Changes changes, Authenticator authenticator) {
    RestartSource.withBackoff(
            AGAIN,
            () -> {
              authenticator.forgetAll(); // what happened before this was not heard
              return changes.after(null);
            })
        .runForeach(
            change -> {
              if (change.entity().type().equals(Token.TYPE.name())
                  && change.event().equals("revoked")) {
                authenticator.forget(change.entity().id());
              }
            },
            system);
  }
}
