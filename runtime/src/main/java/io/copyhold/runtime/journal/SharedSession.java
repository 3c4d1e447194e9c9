package io.copyhold.runtime.journal;

import com.datastax.oss.driver.api.core.CqlSession;
import com.typesafe.config.Config;
import io.copyhold.runtime.cassandra.ControlKeyspace;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.stream.connectors.cassandra.CqlSessionProvider;
import scala.concurrent.ExecutionContext;
import scala.concurrent.Future;
import scala.jdk.javaapi.FutureConverters;

/**
 * Hands the session of the control keyspace to Pekko's plugin, which closes its session with the
 * actor system; ours stays open for what is written after that. Named in {@code
 * copyhold-cassandra.conf}.
 */
public final class SharedSession implements CqlSessionProvider {
  private static final Set<String> CLOSING = Set.of("close", "closeAsync", "forceCloseAsync");

  private final ControlKeyspace keyspace;

  /** Made by Pekko. */
  public SharedSession(ActorSystem system, Config config) {
    this.keyspace = JournalSetup.cassandra(system).keyspace();
  }

  @Override
  public Future<CqlSession> connect(ExecutionContext context) {
    CqlSession session = keyspace.session();
    CqlSession kept =
        (CqlSession)
            Proxy.newProxyInstance(
                CqlSession.class.getClassLoader(),
                new Class<?>[] {CqlSession.class},
                (_, method, arguments) -> answer(session, method, arguments));
    return FutureConverters.asScala(CompletableFuture.completedFuture(kept));
  }

  private static Object answer(CqlSession session, Method method, Object[] arguments)
      throws Throwable {
    if (CLOSING.contains(method.getName())) {
      return CompletableFuture.completedFuture(null);
    }
    try {
      return method.invoke(session, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }
}
