package io.copyhold.chaos.fault;

import com.typesafe.config.Config;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.operation.OperationType;
import io.copyhold.runtime.operation.RetryPolicy;
import io.copyhold.runtime.operation.Step;
import io.copyhold.runtime.operation.StepContext;
import io.copyhold.runtime.operation.StepResult;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The faults that happen inside this node: a wrong clock, steps that fail. It asks the agent what
 * stands there for it, and forgets all of it when the agent has not answered for a while.
 */
@PortAdapter
public final class NodeFaults implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(NodeFaults.class);

  private final AgentClient agent;
  private final String node;
  private final Duration every;
  private final Duration forgottenAfter;
  private final Thread asking;
  private volatile List<Orders.Order> orders = List.of();

  private NodeFaults(AgentClient agent, String node, Duration every, Duration forgottenAfter) {
    this.every = every;
    this.forgottenAfter = forgottenAfter;
    this.agent = agent;
    this.node = node;
    this.asking = Thread.ofVirtual().name("node-faults").unstarted(this::ask);
  }

  /**
   * Begins to ask, where there is an agent.
   *
   * @param config a node's whole configuration
   */
  public static NodeFaults start(AgentClient agent, String node, Config config) {
    Config orders = config.getConfig("copyhold.chaos.orders");
    NodeFaults faults =
        new NodeFaults(
            agent, node, orders.getDuration("every"), orders.getDuration("forgotten-after"));
    if (agent.present()) {
      faults.asking.start();
    }
    return faults;
  }

  private void ask() {
    long answered = System.nanoTime();
    try {
      while (true) {
        try {
          orders = agent.orders(node);
          answered = System.nanoTime();
        } catch (IOException | RuntimeException e) {
          if (!orders.isEmpty() && System.nanoTime() - answered > forgottenAfter.toNanos()) {
            orders = List.of();
            log.atWarn().setCause(e).log("the fault agent is away: its faults end here");
          }
        }
        Thread.sleep(every);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The clock with its present error. */
  public InstantSource clock(InstantSource real) {
    return agent.present() ? () -> real.instant().plus(error()) : real;
  }

  private Duration error() {
    Duration error = Duration.ZERO;
    for (Orders.Order order : orders) {
      if (order.fault() instanceof Fault.ClockJump(_, int seconds)) {
        error = error.plusSeconds(seconds);
      }
    }
    return error;
  }

  /** The same operation, whose steps fail when they are told to. */
  public <I> OperationType<I> around(OperationType<I> type) {
    return agent.present() ? new Failing<>(type, this) : type;
  }

  /** Whether an entity's events are to be taken for unreadable now. */
  public boolean poisons(EntityRef entity) {
    for (Orders.Order order : orders) {
      if (order.fault() instanceof Fault.PoisonEntity(var poisoned)
          && poisoned.equals(entity.toString())) {
        return true;
      }
    }
    return false;
  }

  /** Whether this attempt is to fail. */
  private boolean fails(String operation, String step) throws InterruptedException {
    for (Orders.Order order : orders) {
      if (order.fault() instanceof Fault.FailStep(String of, String name, _)
          && of.equals(operation)
          && name.equals(step)) {
        try {
          if (agent.take(order.id())) {
            return true;
          }
        } catch (IOException e) {
          return false; // without its agent a fault is over
        }
      }
    }
    return false;
  }

  private record Failing<I>(OperationType<I> type, NodeFaults faults) implements OperationType<I> {
    @Override
    public String name() {
      return type.name();
    }

    @Override
    public String version() {
      return type.version();
    }

    @Override
    public Class<I> input() {
      return type.input();
    }

    @Override
    public List<Step> steps(I input) {
      return type.steps(input).stream()
          .<Step>map(step -> new FailingStep(type.name(), step, faults))
          .toList();
    }
  }

  private record FailingStep(String operation, Step step, NodeFaults faults) implements Step {
    @Override
    public String name() {
      return step.name();
    }

    @Override
    public StepResult run(StepContext context) throws Exception {
      return faults.fails(operation, step.name())
          ? StepResult.notNow(
              Duration.ZERO,
              Problem.unavailable("fault-injected", "an experiment failed this step"))
          : step.run(context);
    }

    @Override
    public StepResult undo(StepContext context) throws Exception {
      return step.undo(context);
    }

    @Override
    public StepResult answered(
        StepContext context, List<io.copyhold.runtime.entity.Reply> replies) {
      return step.answered(context, replies);
    }

    @Override
    public Repeat repeat() {
      return step.repeat();
    }

    @Override
    public StepResult verify(StepContext context) throws Exception {
      return step.verify(context);
    }

    @Override
    public RetryPolicy retry() {
      return step.retry();
    }
  }

  @Override
  public void close() {
    asking.interrupt();
    agent.close();
  }
}
