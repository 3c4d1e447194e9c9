package io.copyhold.chaos.demo;

import io.copyhold.chaos.installation.OwnLog;
import io.copyhold.chaos.installation.Workplace;
import io.copyhold.chaos.workload.Invoicing;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.ProblemException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code copyhold demo}: tells the story in a fresh directory and on free ports. Exit status 0 when
 * all that it claims was found true, 1 otherwise; whatever happens, all that it started is ended.
 */
@PortAdapter
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description = {
      "Onboards tenants into two PostgreSQL servers, migrates them all, kills the server meanwhile,",
      "and proves that nothing was lost or done twice. Needs nothing and leaves nothing."
    })
public final class DemoCommand implements Callable<Integer> {
  private static final int QUICK_TENANTS = 12;

  @Spec private CommandSpec spec;

  @Option(names = "--tenants", description = "6 to 600, a third per strategy (${DEFAULT-VALUE}).")
  private int tenants = 60;

  @Option(
      names = "--nodes",
      description = "1 to 5; one of them is killed (default: ${DEFAULT-VALUE}).")
  private int nodes = 1;

  @Option(names = "--quick", description = "With 12 tenants: shows that it runs.")
  private boolean quick;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "A directory that does not exist yet (default: a temporary one).")
  private @Nullable Path data;

  @Option(
      names = "--keep",
      description = "Keep the data; 'copyhold up --data DIR' starts it again.")
  private boolean keep;

  @Override
  public Integer call() throws IOException {
    DemoPlan plan = plan();
    PrintStream out = System.out;
    Workplace workplace;
    try {
      workplace = Workplace.make("demo", data, keep);
    } catch (ProblemException e) {
      complain(e.what(), e.remedy());
      return 1;
    }
    OwnLog.into(workplace.log());
    out.println(
        "Copyhold demo: %d tenants, 3 isolation strategies, 2 PostgreSQL servers, %d node%s, 1 kill -9"
            .formatted(plan.tenants(), plan.nodes(), plan.nodes() == 1 ? "" : "s"));
    out.println("in " + workplace.directory() + (keep ? "" : ", removed at the end"));
    boolean terminal = System.console() != null && System.console().isTerminal();
    DemoStory story = new DemoStory(workplace.directory(), plan, new PrintedVoice(out, terminal));
    AtomicBoolean interrupted = new AtomicBoolean();
    Thread onCtrlC =
        Thread.ofPlatform()
            .unstarted(() -> {
              interrupted.set(true);
              System.err.println("copyhold demo: ending what runs");
              story.abandon();
              workplace.remove();
            });
    Runtime.getRuntime().addShutdownHook(onCtrlC);
    boolean good = tell(story, workplace, out, interrupted);
    if (!interrupted.get()) {
      Runtime.getRuntime().removeShutdownHook(onCtrlC);
    }
    return good ? 0 : 1;
  }

  private DemoPlan plan() {
    try {
      return new DemoPlan(quick ? QUICK_TENANTS : tenants, Invoicing.Size.SMALL, nodes);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), "--tenants, --nodes: " + e.getMessage(), e);
    }
  }

  private static boolean tell(
      DemoStory story, Workplace workplace, PrintStream out, AtomicBoolean interrupted)
      throws IOException {
    Logger log = LoggerFactory.getLogger(DemoCommand.class);
    long begin = System.nanoTime();
    try {
      DemoResult result = story.tell();
      story.close();
      report(out, result, Duration.ofNanos(System.nanoTime() - begin));
      if (result.proof().wrong().isEmpty()) {
        workplace.remove();
        if (workplace.keep()) {
          out.println("The data is kept: copyhold up --data " + workplace.directory());
        }
        return true;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Exception e) {
      if (interrupted.get()) {
        return false; // the ending of what ran is what failed here
      }
      log.atError().setCause(e).log("the story ended early");
      if (e instanceof ProblemException problem) {
        complain(problem.what(), problem.remedy());
      } else {
        complain(e.toString(), null);
      }
    }
    story.abandon();
    workplace.removeButLogs();
    System.err.println("The logs are in " + workplace.logs());
    return false;
  }

  private static void report(PrintStream out, DemoResult result, Duration took) {
    out.println();
    out.println("Measured in this run, %s in all:".formatted(Waiting.seconds(took)));
    ClosingTable.lines(result).forEach(out::println);
    out.println();
    if (result.proof().wrong().isEmpty()) {
      out.println("Nothing was lost, nothing was done twice.");
    } else {
      out.println("NOT as it should be:");
      result.proof().wrong().stream().limit(20).forEach(line -> out.println("  " + line));
    }
  }

  private static void complain(String what, @Nullable String todo) {
    System.err.println("copyhold demo: " + what + (todo == null ? "" : " " + todo));
  }
}
