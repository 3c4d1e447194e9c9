package io.copyhold.http.admin;

import com.typesafe.config.ConfigFactory;
import io.copyhold.http.auth.Authenticator;
import io.copyhold.http.auth.RateLimits;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.settings.ServerSettings;
import org.apache.pekko.stream.KillSwitches;
import org.apache.pekko.stream.SharedKillSwitch;
import org.apache.pekko.stream.TLSProtocol;
import org.apache.pekko.stream.javadsl.BidiFlow;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.stream.javadsl.TLSPlacebo;
import org.apache.pekko.stream.javadsl.Tcp;
import org.apache.pekko.util.ByteString;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The admin API on a port. Bound through plain TCP and Pekko's server layer, because the stock
 * binding lets slow heads hold all its connections; see {@link HeadDeadline}.
 */
public final class AdminServer {
  private static final Logger log = LoggerFactory.getLogger(AdminServer.class);

  /** A list's address with every parameter; ids are short. */
  private static final int URI_CHARS_MAX = 8_192;

  private final Tcp.ServerBinding binding;
  private final Listener listener;
  private final AdminSettings settings;

  private AdminServer(Tcp.ServerBinding binding, Listener listener, AdminSettings settings) {
    this.binding = binding;
    this.listener = listener;
    this.settings = settings;
  }

  /**
   * Opens the port; completes when requests are taken. Fails with a {@link ProblemException} when
   * the port is in use.
   *
   * @param executor runs one request per thread: virtual threads
   * @param random for trace ids
   */
  public static CompletionStage<AdminServer> bind(
      ActorSystem<?> system,
      AdminSettings settings,
      RouteTable routes,
      Authenticator authenticator,
      InstantSource clock,
      Executor executor,
      RandomGenerator random) {
    Gate gate =
        new Gate(
            system,
            routes,
            authenticator,
            new RateLimits(clock, settings.rateBurst(), settings.ratePerSecond()),
            new RateLimits(clock, settings.strangerBurst(), settings.strangersPerSecond()),
            settings,
            executor,
            random);
    Listener listener = new Listener(system, gate, settings);
    CompletionStage<Tcp.ServerBinding> binding =
        Tcp.get(system)
            .bind(
                settings.host(),
                settings.port(),
                1_024,
                List.of(),
                false,
                Optional.of(settings.idleMax()))
            .to(Sink.foreach(listener::accept))
            .run(system);
    return binding.handle((bound, failure) -> {
      if (failure == null) {
        return new AdminServer(bound, listener, settings);
      }
      throw new ProblemException(
          Problem.unavailable(
                  "port-unavailable",
                  causeOf(failure) instanceof BindException
                      ? "the port is in use or may not be opened"
                      : "the port cannot be opened")
              .at(settings.host() + ":" + settings.port())
              .todo("choose another with copyhold.http.port"),
          failure);
    });
  }

  private static Throwable causeOf(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }

  public InetSocketAddress address() {
    return binding.localAddress();
  }

  /** Connections open now. */
  public int connections() {
    return listener.connections.get();
  }

  /** Requests being answered now. */
  public int running() {
    return listener.running.get();
  }

  /**
   * Still answers everything, but closes each connection after its answer, so that clients go to
   * other nodes before {@link #stop} would cut them off.
   */
  public void retire() {
    listener.retiring.set(true);
  }

  /**
   * Takes no new connections, lets running requests end within {@code stop-max}, then closes what
   * is left. Completes when all is closed.
   */
  public CompletionStage<Done> stop() {
    return binding
        .unbind()
        .thenCompose(_ -> listener.drain(settings.stopMax()))
        .thenApply(_ -> {
          listener.kill.shutdown();
          log.atInfo().addKeyValue("port", address().getPort()).log("admin API closed");
          return Done.getInstance();
        });
  }

  /** Bytes as they are, in the clothes of TLS. */
  private static final BidiFlow<
          TLSProtocol.SslTlsOutbound, ByteString, ByteString, TLSProtocol.SslTlsInbound, NotUsed>
      PLAIN =
          BidiFlow.fromFlows(
                  Flow.of(TLSProtocol.SslTlsOutbound.class),
                  Flow.of(TLSProtocol.SessionBytes.class)
                      .map(bytes -> (TLSProtocol.SslTlsInbound) bytes))
              .atop(TLSPlacebo.getInstance());

  /** Runs the connections. */
  private static final class Listener {
    private final ActorSystem<?> system;
    private final Gate gate;
    private final AdminSettings settings;
    private final ServerSettings serverSettings;
    private final AtomicInteger connections = new AtomicInteger();
    private final AtomicInteger running = new AtomicInteger();
    private final AtomicBoolean retiring = new AtomicBoolean();
    private final AtomicBoolean draining = new AtomicBoolean();
    private final CompletableFuture<Done> drained = new CompletableFuture<>();
    private final SharedKillSwitch kill = KillSwitches.shared("copyhold-http");

    Listener(ActorSystem<?> system, Gate gate, AdminSettings settings) {
      this.system = system;
      this.gate = gate;
      this.settings = settings;
      this.serverSettings = serverSettings(system, settings);
    }

    private static ServerSettings serverSettings(ActorSystem<?> system, AdminSettings settings) {
      return ServerSettings.create(
          ConfigFactory.parseMap(
                  Map.of(
                      "pekko.http.server.server-header",
                      "copyhold",
                      "pekko.http.server.request-timeout",
                      settings.answerMax().toMillis() + " ms",
                      "pekko.http.server.idle-timeout",
                      settings.idleMax().toMillis() + " ms",
                      "pekko.http.server.pipelining-limit",
                      1,
                      "pekko.http.server.parsing.error-handler",
                      UnreadableRequests.class.getName(),
                      "pekko.http.server.parsing.max-content-length",
                      settings.uploadBytesMax(),
                      "pekko.http.server.parsing.max-header-value-length",
                      settings.headBytesMax(),
                      "pekko.http.server.parsing.max-uri-length",
                      URI_CHARS_MAX,
                      "pekko.http.server.parsing.illegal-header-warnings",
                      false))
              .withFallback(system.settings().config()));
    }

    void accept(Tcp.IncomingConnection connection) {
      if (connections.incrementAndGet() > settings.connectionsMax() || draining.get()) {
        connections.decrementAndGet();
        connection.handleWith(
            Flow.fromSinkAndSource(Sink.cancelled(), Source.<ByteString>empty()), system);
        return;
      }
      connection.handleWith(
          bytes(connection.remoteAddress())
              .watchTermination((unused, end) -> {
                end.whenComplete((_, _) -> connections.decrementAndGet());
                return unused;
              }),
          system);
    }

    private Flow<ByteString, ByteString, NotUsed> bytes(InetSocketAddress remote) {
      HeadDeadline.Progress progress = new HeadDeadline.Progress();
      String peer = Gate.peer(remote);
      BidiFlow<
              HttpResponse,
              TLSProtocol.SslTlsOutbound,
              TLSProtocol.SslTlsInbound,
              HttpRequest,
              NotUsed>
          layer = Http.get(system).serverLayer(serverSettings, Optional.of(remote));
      Flow<HttpRequest, HttpResponse, NotUsed> requests =
          Flow.of(HttpRequest.class)
              .via(kill.flow())
              .mapAsync(1, request -> one(request, peer, progress));
      return Flow.of(ByteString.class)
          .via(new HeadDeadline(settings.headMax(), settings.headBytesMax(), progress))
          .via(layer.atop(PLAIN).reversed().join(requests));
    }

    private CompletionStage<HttpResponse> one(
        HttpRequest request, String peer, HeadDeadline.Progress progress) {
      progress.requestBegins();
      running.incrementAndGet();
      return gate.handle(request, peer, () -> retiring.get() || draining.get())
          .whenComplete((_, _) -> {
            progress.responseReady();
            if (running.decrementAndGet() == 0 && draining.get()) {
              drained.complete(Done.getInstance());
            }
          });
    }

    CompletionStage<Done> drain(Duration limit) {
      draining.set(true);
      if (running.get() == 0) {
        drained.complete(Done.getInstance());
      }
      system
          .scheduler()
          .scheduleOnce(
              limit, () -> drained.complete(Done.getInstance()), system.executionContext());
      return drained;
    }
  }
}
