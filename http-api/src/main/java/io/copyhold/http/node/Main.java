package io.copyhold.http.node;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.copyhold.config.node.NodeSettings;
import io.copyhold.config.node.ParentWatch;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.RuntimeConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The process of one node: {@code --config FILE}. It ends with status 0 when asked to stop, 1 when
 * it cannot start, 75 when it must start anew, for example because the cluster took it for dead,
 * and 80 when it was asked to leave the cluster and stay away.
 */
@PortAdapter
public final class Main {
  private static final Logger log = LoggerFactory.getLogger(Main.class);

  /** The system's word for "try again". */
  static final int RESTART = 75;

  /** Nobody is left to end a node that does not end by itself. */
  private static final Duration ORPHAN_MAX = Duration.ofSeconds(60);

  private Main() {}

  public static void main(String[] arguments) throws InterruptedException {
    if (arguments.length != 2 || !arguments[0].equals("--config")) {
      System.err.println("usage: " + Main.class.getName() + " --config FILE");
      System.exit(2);
    }
    Config config = ConfigFactory.parseFile(Path.of(arguments[1]).toFile());
    try {
      AtomicReference<Node> started = new AtomicReference<>();
      if (NodeSettings.from(RuntimeConfig.of(config)).supervised()) {
        ParentWatch.watch(System.in, () -> orphaned(started.get()));
      }
      Node node = Node.start(config);
      started.set(node);
      int status = node.awaitEnd();
      System.exit(status);
    } catch (ProblemException e) {
      log.atError().addKeyValue("problem", e.problem().toString()).log("the node cannot start");
      System.exit(1);
    } catch (ExecutionException | RuntimeException | Error e) {
      log.atError().setCause(e).log("the node cannot start");
      System.exit(1);
    }
  }

  /**
   * Its supervisor has gone, and with it the databases.
   *
   * @param node null while it starts
   */
  private static void orphaned(@Nullable Node node) {
    log.atInfo().log("stopping: the supervisor has gone");
    Thread.ofPlatform()
        .name("copyhold-last-resort")
        .daemon(true)
        .start(() -> {
          LockSupport.parkNanos(ORPHAN_MAX.toNanos());
          Runtime.getRuntime().halt(1);
        });
    if (node == null) {
      System.exit(0);
    } else {
      node.stop(0);
    }
  }
}
