package io.copyhold.chaos.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.RuntimeConfig;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A relay between a client and a server that both write and read longs. */
@PortAdapter
class RelayTest {
  private static final int PATIENCE_MS = 60_000;

  /**
   * Long enough to see that nothing comes; that nothing came is never a matter of it being long.
   */
  private static final int SILENCE_MS = 300;

  private static final Bend BOTH = new Bend(null, false, Shape.HELD, Shape.HELD);

  private final LinkedBlockingQueue<Long> arrived = new LinkedBlockingQueue<>();
  private final LinkedBlockingQueue<Socket> accepted = new LinkedBlockingQueue<>();
  private ServerSocket server;
  private Relay relay;

  @BeforeEach
  void open() throws IOException {
    server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::serve);
    relay =
        new Relay(
            "test",
            0,
            (InetSocketAddress) server.getLocalSocketAddress(),
            Map.of("127.0.1.1", "node-1", "127.0.1.2", "node-2"),
            AgentLimits.from(RuntimeConfig.of(ConfigFactory.empty())),
            new Random(1));
  }

  @AfterEach
  void close() throws IOException {
    relay.close();
    server.close();
  }

  private void serve() {
    try {
      while (true) {
        Socket socket = server.accept();
        accepted.add(socket);
        Thread.ofVirtual().start(() -> read(socket));
      }
    } catch (IOException e) {
      // closed
    }
  }

  private void read(Socket socket) {
    try (socket) {
      DataInputStream in = new DataInputStream(socket.getInputStream());
      while (true) {
        arrived.add(in.readLong());
      }
    } catch (IOException e) {
      arrived.add(-1L);
    }
  }

  private Socket connect(@Nullable String source) throws IOException {
    Socket socket = new Socket();
    if (source != null) {
      socket.bind(new InetSocketAddress(source, 0));
    }
    socket.connect(new InetSocketAddress("127.0.0.1", relay.port()), PATIENCE_MS);
    socket.setSoTimeout(PATIENCE_MS);
    return socket;
  }

  private static void send(Socket socket, long value) throws IOException {
    DataOutputStream out = new DataOutputStream(socket.getOutputStream());
    out.writeLong(value);
    out.flush();
  }

  private static long receive(Socket socket) throws IOException {
    return new DataInputStream(socket.getInputStream()).readLong();
  }

  private long arrival() throws InterruptedException {
    Long value = arrived.poll(PATIENCE_MS, TimeUnit.MILLISECONDS);
    assertThat(value).isNotNull();
    return value;
  }

  private Socket far() throws InterruptedException {
    Socket socket = accepted.poll(PATIENCE_MS, TimeUnit.MILLISECONDS);
    assertThat(socket).isNotNull();
    return socket;
  }

  @Test
  void withoutABendItCopiesBothWaysAndCloses() throws Exception {
    try (Socket client = connect(null)) {
      for (long i = 1; i <= 1_000; i++) {
        send(client, i);
      }
      for (long i = 1; i <= 1_000; i++) {
        assertThat(arrival()).isEqualTo(i);
      }
      Socket far = far();
      send(far, 42);
      assertThat(receive(client)).isEqualTo(42);
    }
    assertThat(arrival()).isEqualTo(-1);
  }

  @Test
  void aCutHoldsBothWaysAndWhatWasSentComesWhenItIsMended() throws Exception {
    try (Socket client = connect(null)) {
      send(client, 1);
      assertThat(arrival()).isEqualTo(1);
      relay.bend("f", BOTH);
      send(client, 2);
      send(far(), 3);
      client.setSoTimeout(SILENCE_MS);
      assertThatThrownBy(() -> receive(client)).isInstanceOf(SocketTimeoutException.class);
      assertThat(arrived.poll()).isNull();
      relay.straighten("f");
      client.setSoTimeout(PATIENCE_MS);
      assertThat(arrival()).isEqualTo(2);
      assertThat(receive(client)).isEqualTo(3);
    }
  }

  @Test
  void aOneWayCutLetsTheOtherWayPass() throws Exception {
    try (Socket client = connect(null)) {
      relay.bend("f", new Bend(null, false, Shape.HELD, Shape.CLEAR));
      send(client, 1);
      send(far(), 2);
      assertThat(receive(client)).isEqualTo(2);
      assertThat(arrived.poll(SILENCE_MS, TimeUnit.MILLISECONDS)).isNull();
      relay.bend("f", new Bend(null, false, Shape.CLEAR, Shape.HELD));
      assertThat(arrival()).isEqualTo(1);
    }
  }

  @Test
  void aNodeIsCutOffByItsAddressAndOthersAreNot() throws Exception {
    try (Socket one = connect("127.0.1.1");
        Socket two = connect("127.0.1.2")) {
      relay.bend("f", new Bend("node-1", false, Shape.HELD, Shape.HELD));
      send(one, 1);
      send(two, 2);
      assertThat(arrival()).isEqualTo(2);
      assertThat(arrived.poll(SILENCE_MS, TimeUnit.MILLISECONDS)).isNull();
      relay.straighten("f");
      assertThat(arrival()).isEqualTo(1);
    }
  }

  @Test
  void refusingEndsConnectionsAndLetsNoneIn() throws Exception {
    try (Socket client = connect(null)) {
      send(client, 1);
      assertThat(arrival()).isEqualTo(1);
      relay.bend("f", new Bend(null, true, Shape.CLEAR, Shape.CLEAR));
      assertThatThrownBy(() -> receive(client)).isInstanceOf(IOException.class);
      assertThatThrownBy(
              () -> {
                try (Socket other = connect(null)) { // it may be reset as early as this
                  receive(other);
                }
              })
          .isInstanceOf(IOException.class);
      relay.straighten("f");
      try (Socket third = connect(null)) {
        send(third, 5);
        while (arrival() != 5) {
          // the end of the first one comes before
        }
      }
    }
  }

  @Test
  void aDelayHoldsEachPieceForItsTimeAndKeepsTheOrder() throws Exception {
    relay.bend("f", new Bend(null, false, new Shape(false, 200, 50, 0), Shape.CLEAR));
    try (Socket client = connect(null)) {
      long begin = System.nanoTime();
      for (long i = 1; i <= 100; i++) {
        send(client, i);
      }
      assertThat(arrival()).isEqualTo(1);
      assertThat(System.nanoTime() - begin).isGreaterThanOrEqualTo(200_000_000);
      for (long i = 2; i <= 100; i++) {
        assertThat(arrival()).isEqualTo(i);
      }
    }
  }

  @Test
  void lossIsTheTimeOfSendingAgain() {
    Random random = new Random(7);
    Shape lossy = new Shape(false, 0, 0, 50);
    int late = 0;
    for (int i = 0; i < 1_000; i++) {
      long ms = lossy.latenessMs(random);
      assertThat(ms).isIn(0L, 200L, 600L, 1_400L, 3_000L, 6_200L, 12_600L);
      late += ms > 0 ? 1 : 0;
    }
    assertThat(late).isBetween(400, 600);
    assertThat(Shape.CLEAR.latenessMs(random)).isZero();
  }

  @Test
  void twoBendsHoldTogether() throws Exception {
    try (Socket client = connect(null)) {
      relay.bend("a", BOTH);
      relay.bend("b", BOTH);
      send(client, 1);
      relay.straighten("a");
      assertThat(arrived.poll(SILENCE_MS, TimeUnit.MILLISECONDS)).isNull();
      relay.straighten("b");
      assertThat(arrival()).isEqualTo(1);
    }
  }

  @Test
  void whereNobodyListensTheCallerIsRefused() throws Exception {
    server.close();
    assertThatThrownBy(
            () -> {
              try (Socket client = connect(null)) { // may be reset already
                receive(client);
              }
            })
        .isInstanceOf(IOException.class);
  }
}
