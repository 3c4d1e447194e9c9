package io.copyhold.runtime.cassandra;

import com.datastax.oss.driver.api.core.AllNodesFailedException;
import com.datastax.oss.driver.api.core.CqlIdentifier;
import com.datastax.oss.driver.api.core.CqlSession;
import com.datastax.oss.driver.api.core.CqlSessionBuilder;
import com.datastax.oss.driver.api.core.DefaultConsistencyLevel;
import com.datastax.oss.driver.api.core.DriverException;
import com.datastax.oss.driver.api.core.DriverTimeoutException;
import com.datastax.oss.driver.api.core.RequestThrottlingException;
import com.datastax.oss.driver.api.core.config.DefaultDriverOption;
import com.datastax.oss.driver.api.core.config.DriverConfigLoader;
import com.datastax.oss.driver.api.core.connection.ClosedConnectionException;
import com.datastax.oss.driver.api.core.connection.HeartbeatException;
import com.datastax.oss.driver.api.core.cql.AsyncResultSet;
import com.datastax.oss.driver.api.core.cql.BoundStatement;
import com.datastax.oss.driver.api.core.cql.PreparedStatement;
import com.datastax.oss.driver.api.core.cql.Row;
import com.datastax.oss.driver.api.core.cql.SimpleStatement;
import com.datastax.oss.driver.api.core.cql.Statement;
import com.datastax.oss.driver.api.core.servererrors.BootstrappingException;
import com.datastax.oss.driver.api.core.servererrors.OverloadedException;
import com.datastax.oss.driver.api.core.servererrors.QueryExecutionException;
import com.datastax.oss.driver.internal.core.session.throttling.ConcurrencyLimitingRequestThrottler;
import com.datastax.oss.driver.internal.core.time.ServerSideTimestampGenerator;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The control plane's keyspace in Cassandra: one session for the journal's plugin and all ports.
 *
 * <p>Reads and writes are at {@code copyhold.cassandra.consistency}, conditional ones at its serial
 * consistency; no call but those named so blocks. Trouble is a {@link ProblemException}: {@code
 * control-database-unavailable} when another attempt may succeed, and then the outcome of a write
 * is unknown. Statements are constants with {@code ?} for every value; each is prepared once.
 */
public final class ControlKeyspace implements AutoCloseable {
  /** Of the plugin's statements; named in its reference.conf. */
  private static final String PLUGIN_PROFILE = "pekko-persistence-cassandra-profile";

  private final CassandraSettings settings;
  private final CqlSession session;
  private final Map<String, CompletionStage<PreparedStatement>> prepared =
      new ConcurrentHashMap<>();

  private ControlKeyspace(CassandraSettings settings, CqlSession session) {
    this.settings = settings;
    this.session = session;
  }

  /**
   * Connects, and makes the keyspace when it is missing; blocks.
   *
   * @throws ProblemException no node answers, or the login is refused
   */
  public static ControlKeyspace open(CassandraSettings settings) {
    try {
      try (CqlSession first = builder(settings).build()) {
        if (first.getMetadata().getKeyspace(settings.keyspace()).isEmpty()) {
          make(first, settings);
        }
      }
      return new ControlKeyspace(
          settings,
          builder(settings).withKeyspace(CqlIdentifier.fromInternal(settings.keyspace())).build());
    } catch (DriverException e) {
      throw translated(e);
    }
  }

  private static void make(CqlSession session, CassandraSettings settings) {
    // Identifiers and numbers that the settings have checked; CQL takes no parameters here.
    session.execute(
        SimpleStatement.newInstance(
                "CREATE KEYSPACE IF NOT EXISTS "
                    + CqlIdentifier.fromInternal(settings.keyspace()).asCql(false)
                    + " WITH replication = {'class': 'NetworkTopologyStrategy', '"
                    + settings.datacenter().replace("'", "''")
                    + "': "
                    + settings.replicationFactor()
                    + "}")
            .setTimeout(settings.schemaLimit()));
  }

  private static CqlSessionBuilder builder(CassandraSettings settings) {
    Duration limit = settings.requestLimit();
    DriverConfigLoader config =
        DriverConfigLoader.programmaticBuilder()
            .withDuration(DefaultDriverOption.REQUEST_TIMEOUT, limit)
            .withString(DefaultDriverOption.REQUEST_CONSISTENCY, settings.consistency())
            .withString(
                DefaultDriverOption.REQUEST_SERIAL_CONSISTENCY, settings.serialConsistency())
            // Cassandra's clocks order writes; those of our nodes may be an hour wrong.
            .withClass(
                DefaultDriverOption.TIMESTAMP_GENERATOR_CLASS, ServerSideTimestampGenerator.class)
            .withDuration(DefaultDriverOption.CONNECTION_CONNECT_TIMEOUT, settings.connectLimit())
            .withDuration(DefaultDriverOption.CONNECTION_INIT_QUERY_TIMEOUT, limit)
            .withDuration(DefaultDriverOption.CONNECTION_SET_KEYSPACE_TIMEOUT, limit)
            .withDuration(DefaultDriverOption.CONTROL_CONNECTION_TIMEOUT, limit)
            .withDuration(DefaultDriverOption.METADATA_SCHEMA_REQUEST_TIMEOUT, limit)
            .withDuration(
                DefaultDriverOption.CONTROL_CONNECTION_AGREEMENT_TIMEOUT, settings.schemaLimit())
            .withDuration(DefaultDriverOption.HEARTBEAT_INTERVAL, Duration.ofSeconds(5))
            .withDuration(DefaultDriverOption.HEARTBEAT_TIMEOUT, limit)
            .withDuration(DefaultDriverOption.RECONNECTION_BASE_DELAY, Duration.ofMillis(200))
            .withDuration(DefaultDriverOption.RECONNECTION_MAX_DELAY, Duration.ofSeconds(2))
            .withClass(
                DefaultDriverOption.REQUEST_THROTTLER_CLASS,
                ConcurrencyLimitingRequestThrottler.class)
            .withInt(
                DefaultDriverOption.REQUEST_THROTTLER_MAX_CONCURRENT_REQUESTS,
                settings.requestsMax())
            .withInt(DefaultDriverOption.REQUEST_THROTTLER_MAX_QUEUE_SIZE, settings.queueMax())
            .startProfile(PLUGIN_PROFILE)
            .withString(DefaultDriverOption.REQUEST_CONSISTENCY, settings.consistency())
            .withBoolean(DefaultDriverOption.REQUEST_DEFAULT_IDEMPOTENCE, true)
            .endProfile()
            .build();
    CqlSessionBuilder builder =
        CqlSession.builder()
            .addContactPoints(settings.contacts())
            .withLocalDatacenter(settings.datacenter())
            .withConfigLoader(config);
    return settings.user().isEmpty()
        ? builder
        : builder.withAuthCredentials(settings.user(), settings.password().get());
  }

  public CassandraSettings settings() {
    return settings;
  }

  /** The driver's session, for the journal's plugin. */
  public CqlSession session() {
    return session;
  }

  /**
   * Completes with the first page of what was found, or when the write is durable. Safe to repeat:
   * the driver asks another node by itself.
   */
  public CompletionStage<AsyncResultSet> later(String cql, @Nullable Object... values) {
    return bound(cql, values).thenCompose(s -> execute(s.setIdempotent(true)));
  }

  /** Completes with all rows that were found; for results that are known to be small. */
  public CompletionStage<List<Row>> rows(String cql, @Nullable Object... values) {
    return later(cql, values).thenCompose(page -> gather(new ArrayList<>(), page));
  }

  /** The same as a linearizable read: it sees every lightweight transaction that was answered. */
  public CompletionStage<List<Row>> rowsSerially(String cql, @Nullable Object... values) {
    DefaultConsistencyLevel serial = DefaultConsistencyLevel.valueOf(settings.serialConsistency());
    return bound(cql, values)
        .thenCompose(s -> execute(s.setConsistencyLevel(serial).setIdempotent(true)))
        .thenCompose(page -> gather(new ArrayList<>(), page));
  }

  /**
   * A lightweight transaction: completes with whether its condition held. After a failure it is
   * unknown whether it was applied; look with {@link #rowsSerially}.
   */
  public CompletionStage<Boolean> conditionally(String cql, @Nullable Object... values) {
    return bound(cql, values)
        .thenCompose(s -> execute(s.setIdempotent(false)))
        .thenApply(AsyncResultSet::wasApplied);
  }

  /** The statement with its values, for a batch. */
  public CompletionStage<BoundStatement> bound(String cql, @Nullable Object... values) {
    return prepare(cql).thenApply(statement -> statement.bind(values));
  }

  /** Completes when the statement was carried out. */
  public CompletionStage<AsyncResultSet> execute(Statement<?> statement) {
    return session
        .executeAsync(statement)
        .exceptionally(e -> {
          throw translated(e);
        });
  }

  private CompletionStage<PreparedStatement> prepare(String cql) {
    CompletionStage<PreparedStatement> known = prepared.get(cql);
    if (known != null) {
      return known;
    }
    CompletionStage<PreparedStatement> fresh =
        session
            .prepareAsync(cql)
            .exceptionally(e -> {
              throw translated(e);
            });
    return fresh.thenApply(statement -> {
      prepared.putIfAbsent(cql, CompletableFuture.completedStage(statement));
      return statement;
    });
  }

  private static CompletionStage<List<Row>> gather(List<Row> all, AsyncResultSet page) {
    page.currentPage().forEach(all::add);
    return page.hasMorePages()
        ? page.fetchNextPage()
            .exceptionally(e -> {
              throw translated(e);
            })
            .thenCompose(next -> gather(all, next))
        : CompletableFuture.completedStage(all);
  }

  /** Waits for the stage; only where a thread may block. */
  public static <T> T await(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().join();
    } catch (CompletionException e) {
      throw translated(e);
    }
  }

  /** As the ports report it; without the driver's message, which may quote values. */
  static RuntimeException translated(Throwable failure) {
    Throwable e = failure;
    while (e instanceof CompletionException && e.getCause() != null) {
      e = e.getCause();
    }
    if (e instanceof ProblemException known) {
      return known;
    }
    String kind = e.getClass().getSimpleName();
    boolean passes =
        e instanceof AllNodesFailedException
            || e instanceof DriverTimeoutException
            || e instanceof RequestThrottlingException
            || e instanceof ClosedConnectionException
            || e instanceof HeartbeatException
            || e instanceof BootstrappingException
            || e instanceof OverloadedException
            || e instanceof QueryExecutionException;
    return new ProblemException(
        passes
            ? Problem.unavailable(
                    "control-database-unavailable",
                    "the control database does not answer (" + kind + ")")
                .todo("it is tried again; look at Cassandra if this lasts")
            : Problem.of(
                Problem.Kind.FAULT,
                "control-database-refused",
                "the control database refused a statement (" + kind + ")"),
        e);
  }

  /** Ends the session. */
  @Override
  public void close() {
    session.close();
  }
}
