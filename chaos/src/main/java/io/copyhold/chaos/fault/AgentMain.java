package io.copyhold.chaos.fault;

import com.typesafe.config.ConfigFactory;
import io.copyhold.config.node.ParentWatch;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.RuntimeConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The process of the fault agent: {@code --config FILE}. It ends when its supervisor does, and
 * lifts every fault before.
 */
@PortAdapter
public final class AgentMain {
  private static final Logger log = LoggerFactory.getLogger(AgentMain.class);

  private AgentMain() {}

  public static void main(String[] arguments) throws IOException, InterruptedException {
    if (arguments.length != 2 || !arguments[0].equals("--config")) {
      System.err.println("usage: " + AgentMain.class.getName() + " --config FILE");
      System.exit(2);
    }
    AgentSettings settings =
        AgentSettings.from(
            RuntimeConfig.of(ConfigFactory.parseFile(Path.of(arguments[1]).toFile())));
    Agent agent = new Agent(settings);
    AgentServer server = new AgentServer(agent, settings);
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform()
                .unstarted(() -> {
                  server.close();
                  close(agent);
                }));
    log.atInfo()
        .addKeyValue("port", server.port())
        .addKeyValue("links", settings.links().size())
        .log("the fault agent is ready");
    CountDownLatch gone = new CountDownLatch(1);
    ParentWatch.watch(System.in, gone::countDown);
    gone.await();
    System.exit(0);
  }

  private static void close(Agent agent) {
    try {
      agent.close();
    } catch (IOException e) {
      log.atWarn().setCause(e).log("not closed well");
    }
  }
}
