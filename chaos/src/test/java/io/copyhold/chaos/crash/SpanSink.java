package io.copyhold.chaos.crash;

import com.typesafe.config.ConfigFactory;
import io.copyhold.runtime.postgres.PostgresFixture;
import java.io.ByteArrayOutputStream;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** Takes what a node sends to a collector of spans (OTLP over gRPC), and keeps the bytes. */
final class SpanSink implements AutoCloseable {
  private static final long BODY_MS_MAX = 10_000;

  private final ActorSystem system =
      ActorSystem.create(
          "span-sink",
          ConfigFactory.parseString(
                  """
                  pekko.actor.provider = local
                  pekko.http.server.enable-http2 = on
                  pekko.loglevel = OFF
                  """)
              .withFallback(ConfigFactory.load()));
  private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
  private final ServerBinding binding;

  SpanSink() throws Exception {
    binding =
        Http.get(system)
            .newServerAt(PostgresFixture.loopback(), 0)
            .bind(this::take)
            .toCompletableFuture()
            .get(1, TimeUnit.MINUTES);
  }

  String endpoint() {
    return "http://" + PostgresFixture.loopback() + ":" + binding.localAddress().getPort();
  }

  private CompletionStage<HttpResponse> take(HttpRequest request) {
    return request
        .entity()
        .toStrict(BODY_MS_MAX, system)
        .thenCompose(entity -> {
          synchronized (kept) {
            kept.writeBytes(entity.getData().toArray());
          }
          return CompletableFuture.completedFuture(HttpResponse.create());
        });
  }

  byte[] bytes() {
    synchronized (kept) {
      return kept.toByteArray();
    }
  }

  @Override
  public void close() {
    system.terminate();
  }
}
