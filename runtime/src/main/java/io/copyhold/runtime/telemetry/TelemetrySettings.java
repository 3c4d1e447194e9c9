package io.copyhold.runtime.telemetry;

import com.typesafe.config.Config;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What is watched and where it is sent, read from {@code copyhold.telemetry}; reasons stand there.
 *
 * @param endpoint of an OTLP collector (gRPC), or null: traces are made and handed on, and sent
 *     nowhere
 * @param sampled share of new traces that are sent, 0 to 1; a caller's own decision is kept
 * @param queueMax spans that wait for the collector; above, they are dropped
 * @param exportMax limit of one export
 */
public record TelemetrySettings(
    @Nullable String endpoint, double sampled, int queueMax, Duration exportMax) {
  public TelemetrySettings {
    if (sampled < 0 || sampled > 1) {
      throw new IllegalArgumentException("copyhold.telemetry.traces.sampled must be 0 to 1");
    }
    if (queueMax < 1 || !exportMax.isPositive()) {
      throw new IllegalArgumentException(
          "copyhold.telemetry.traces: queue-max and export-max must be positive");
    }
  }

  /**
   * @param root a node's whole configuration
   */
  public static TelemetrySettings from(Config root) {
    Config c = root.getConfig("copyhold.telemetry");
    String endpoint = c.getString("otlp.endpoint");
    return new TelemetrySettings(
        endpoint.isBlank() ? null : endpoint,
        c.getDouble("traces.sampled"),
        c.getInt("traces.queue-max"),
        c.getDuration("traces.export-max"));
  }
}
