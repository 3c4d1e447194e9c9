package io.copyhold.http.admin;

import com.typesafe.config.Config;
import io.copyhold.http.auth.Authenticator;
import java.time.Duration;

/**
 * Limits of the admin API, read from {@code copyhold.http}; the reasons stand there.
 *
 * @param host address to bind
 * @param port 0 for any free one
 * @param headMax how long a request's head may take to arrive
 * @param headBytesMax size of a request's head lines together
 * @param bodyMax how long a request's body may take to arrive
 * @param bodyBytesMax size of a body
 * @param uploadBytesMax size of the body of a route that takes files
 * @param connectionsMax connections open at once
 * @param idleMax a connection on which nothing moves is closed after this
 * @param answerMax a request is answered within this, whatever happens behind
 * @param stopMax how long running requests may take when the server stops
 * @param rateBurst requests of one token that may come at once, on one node
 * @param ratePerSecond requests of one token for good, on one node
 * @param strangerBurst wrong tokens from one address that may come at once
 * @param strangersPerSecond wrong tokens from one address for good
 * @param trust how far a token's yes is remembered
 * @param watchersMax event streams open at once
 * @param watchBuffer events held for a slow watcher before its stream is ended
 * @param heartbeat pause after which an event stream shows that it lives
 * @param afterMax how long a list waits for the position it was asked to include
 * @param metricsAnonymous whether {@code /metrics} is shown without a token
 */
public record AdminSettings(
    String host,
    int port,
    Duration headMax,
    int headBytesMax,
    Duration bodyMax,
    int bodyBytesMax,
    int uploadBytesMax,
    int connectionsMax,
    Duration idleMax,
    Duration answerMax,
    Duration stopMax,
    int rateBurst,
    int ratePerSecond,
    int strangerBurst,
    int strangersPerSecond,
    Authenticator.Trust trust,
    int watchersMax,
    int watchBuffer,
    Duration heartbeat,
    Duration afterMax,
    boolean metricsAnonymous) {

  public AdminSettings {
    within("port", port, 0, 65_535);
    within("head-bytes-max", headBytesMax, 1_024, 1_048_576);
    within("body-bytes-max", bodyBytesMax, 1_024, 67_108_864);
    within("upload-bytes-max", uploadBytesMax, bodyBytesMax, 67_108_864);
    within("connections-max", connectionsMax, 1, 1_000_000);
    within("rate-burst", rateBurst, 1, 1_000_000);
    within("rate-per-second", ratePerSecond, 1, 1_000_000);
    within("stranger-burst", strangerBurst, 1, 1_000_000);
    within("strangers-per-second", strangersPerSecond, 1, 1_000_000);
    within("watchers-max", watchersMax, 1, 100_000);
    within("watch-buffer", watchBuffer, 1, 100_000);
    positive("head-max", headMax);
    positive("body-max", bodyMax);
    positive("idle-max", idleMax);
    positive("answer-max", answerMax);
    positive("stop-max", stopMax);
    positive("heartbeat", heartbeat);
    if (answerMax.compareTo(idleMax) >= 0) {
      throw new IllegalArgumentException(
          "copyhold.http.answer-max must be less than idle-max, or a slow answer is cut off");
    }
  }

  public static AdminSettings from(Config root) {
    Config c = root.getConfig("copyhold.http");
    return new AdminSettings(
        c.getString("host"),
        c.getInt("port"),
        c.getDuration("head-max"),
        Math.toIntExact(c.getBytes("head-bytes-max")),
        c.getDuration("body-max"),
        Math.toIntExact(c.getBytes("body-bytes-max")),
        Math.toIntExact(c.getBytes("upload-bytes-max")),
        c.getInt("connections-max"),
        c.getDuration("idle-max"),
        c.getDuration("answer-max"),
        c.getDuration("stop-max"),
        c.getInt("rate-burst"),
        c.getInt("rate-per-second"),
        c.getInt("stranger-burst"),
        c.getInt("strangers-per-second"),
        new Authenticator.Trust(
            c.getDuration("token-cache"),
            c.getDuration("token-patience"),
            c.getDuration("token-trust")),
        c.getInt("watchers-max"),
        c.getInt("watch-buffer"),
        c.getDuration("heartbeat"),
        c.getDuration("after-max"),
        c.getBoolean("metrics-anonymous"));
  }

  private static void within(String name, int value, int min, int max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          "copyhold.http." + name + " must be " + min + " to " + max + ", not " + value);
    }
  }

  private static void positive(String name, Duration value) {
    if (value.isZero() || value.isNegative()) {
      throw new IllegalArgumentException("copyhold.http." + name + " must be positive");
    }
  }
}
