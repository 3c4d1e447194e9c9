package io.copyhold.chaos.simulation;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * Until closed, the runtime logs nothing: every fault of a simulation is a warning, and there are
 * thousands. What happened stands in the trace.
 */
final class Quiet implements AutoCloseable {
  private record Before(Logger logger, @Nullable Level level) {}

  private final List<Before> before;

  Quiet() {
    before =
        List.of("io.copyhold.runtime", "org.apache.pekko").stream()
            .map(name -> (Logger) LoggerFactory.getLogger(name))
            .map(logger -> new Before(logger, logger.getLevel()))
            .toList();
    before.forEach(b -> b.logger().setLevel(Level.OFF));
  }

  @Override
  public void close() {
    before.forEach(b -> b.logger().setLevel(b.level()));
  }
}
