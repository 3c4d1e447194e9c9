package io.copyhold.chaos.bench;

import dev.dbos.transact.DBOS;
import dev.dbos.transact.StartWorkflowOptions;
import dev.dbos.transact.config.DBOSConfig;
import dev.dbos.transact.workflow.Workflow;
import io.copyhold.runtime.postgres.Database;

/**
 * DBOS Transact in this process: a workflow of three steps that return at once, each recorded. A
 * pool of connections as its own default would have it, no admin server, no queues.
 */
final class DbosOperations implements OperationsSide {
  /** Enough that none of 64 workflows in flight waits long; more cost the server. */
  private static final int CONNECTIONS = 20;

  /** What DBOS proxies. Public: it is called by reflection. */
  public interface Flow {
    int run(String id);
  }

  /** What it calls. */
  public static final class ThreeSteps implements Flow {
    private final DBOS dbos;

    ThreeSteps(DBOS dbos) {
      this.dbos = dbos;
    }

    @Override
    @Workflow(name = "three-steps")
    public int run(String id) {
      int sum = 0;
      for (int step = 1; step <= 3; step++) {
        int number = step;
        sum += dbos.<Integer, RuntimeException>runStep(() -> number, "step-" + step);
      }
      return sum;
    }
  }

  private final BenchPool.Open pool;
  private final DBOS dbos;
  private final Flow flow;

  DbosOperations(Database database) {
    this.pool = BenchPool.open(database, (CONNECTIONS - 2) / 2);
    this.dbos =
        new DBOS(DBOSConfig.defaults("bench").withDataSource(pool.pool()).withAppVersion("1"));
    this.flow = dbos.registerProxy(Flow.class, new ThreeSteps(dbos));
    dbos.launch();
  }

  @Override
  public void run(String id) {
    int sum =
        dbos.<Integer, RuntimeException>startWorkflow(
                () -> flow.run(id), new StartWorkflowOptions(id))
            .getResult();
    if (sum != 6) {
      throw new IllegalStateException("workflow " + id + " said " + sum);
    }
  }

  @Override
  public void close() {
    dbos.close();
    pool.close();
  }
}
