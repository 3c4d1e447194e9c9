package io.copyhold.config.node;

import io.copyhold.runtime.cassandra.EmbeddedCassandra;
import java.util.concurrent.CompletableFuture;

/** A running embedded Cassandra as a child of the supervisor. */
record EmbeddedCassandraServer(EmbeddedCassandra server) implements Child.Running {
  @Override
  public long pid() {
    return server.pid();
  }

  @Override
  public CompletableFuture<Integer> exited() {
    return server.exited();
  }

  @Override
  public void stop() {
    server.close();
  }
}
