package io.copyhold.http.node;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.copyhold.config.node.ParentWatch;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.ProblemException;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
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

  private Main() {}

  public static void main(String[] arguments) throws InterruptedException {
    if (arguments.length != 2 || !arguments[0].equals("--config")) {
      System.err.println("usage: " + Main.class.getName() + " --config FILE");
      System.exit(2);
    }
    Config config = ConfigFactory.parseFile(Path.of(arguments[1]).toFile());
    try {
      Node node = Node.start(config);
      if (node.settings().supervised()) {
        ParentWatch.watch(System.in, () -> stop(node, "its supervisor has gone"));
      }
      int status = node.awaitEnd();
      System.exit(status);
    } catch (ProblemException e) {
      log.atError().addKeyValue("problem", e.problem().toString()).log("the node cannot start");
      System.exit(1);
    } catch (ExecutionException | RuntimeException e) {
      log.atError().setCause(e).log("the node cannot start");
      System.exit(1);
    }
  }

  private static void stop(Node node, String why) {
    log.atInfo().addKeyValue("why", why).log("stopping");
    node.stop(0);
  }
}
