package io.copyhold.chaos.fault;

import io.copyhold.runtime.PortAdapter;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One link: it listens, and joins each connection to another one to where the link leads. As long
 * as nothing bends it, it only copies. Bends change at any time and hold for connections that are
 * open, too.
 *
 * <p>Each direction has a reader, which stamps every piece with the time it is due, and a writer,
 * which waits for that time; so a delay does not cost throughput until too many bytes wait. Closing
 * travels in order, behind the bytes before it.
 */
@PortAdapter
final class Relay implements Closeable {
  private static final Logger log = LoggerFactory.getLogger(Relay.class);

  private static final int PIECE_BYTES = 16 * 1024;
  private static final int BACKLOG = 256;

  private final String name;
  private final InetSocketAddress target;
  private final Map<String, String> nodes;
  private final AgentLimits limits;
  private final RandomGenerator random;
  private final ServerSocket server;
  private final Map<String, Bend> bends = new ConcurrentHashMap<>();
  private final Set<Pair> pairs = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  /**
   * @param listen 0 for a free port
   * @param nodes which node has which source address
   * @param random safe for several threads
   */
  Relay(
      String name,
      int listen,
      InetSocketAddress target,
      Map<String, String> nodes,
      AgentLimits limits,
      RandomGenerator random)
      throws IOException {
    this.name = name;
    this.target = target;
    this.nodes = Map.copyOf(nodes);
    this.limits = limits;
    this.random = random;
    this.server = new ServerSocket(listen, BACKLOG, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().name("relay-" + name).start(this::accept);
  }

  String name() {
    return name;
  }

  int port() {
    return server.getLocalPort();
  }

  /** Bends it, once per id. */
  void bend(String id, Bend bend) {
    bends.put(id, bend);
    changed();
  }

  /** Takes a bend away; what was held goes on. */
  void straighten(String id) {
    if (bends.remove(id) != null) {
      changed();
    }
  }

  private void changed() {
    for (Pair pair : pairs) {
      if (refused(pair.node)) {
        pair.reset();
      }
      pair.there.wake();
      pair.back.wake();
    }
  }

  private boolean refused(String node) {
    return bends.values().stream().anyMatch(bend -> bend.refused() && bend.concerns(node));
  }

  private Shape shape(String node, boolean there) {
    Shape shape = Shape.CLEAR;
    for (Bend bend : bends.values()) {
      if (bend.concerns(node)) {
        shape = shape.with(there ? bend.there() : bend.back());
      }
    }
    return shape;
  }

  private void accept() {
    while (!closed) {
      try {
        Socket client = server.accept();
        Thread.ofVirtual().name("relay-" + name + "-connect").start(() -> join(client));
      } catch (IOException e) {
        if (!closed) {
          log.atWarn().addKeyValue("link", name).setCause(e).log("a connection was not accepted");
        }
      }
    }
  }

  private void join(Socket client) {
    String node = nodes.getOrDefault(client.getInetAddress().getHostAddress(), "");
    Socket far = new Socket();
    try {
      if (refused(node)) {
        abort(client);
        return;
      }
      client.setTcpNoDelay(true);
      far.setTcpNoDelay(true);
      far.connect(target, Math.toIntExact(limits.relayConnectLimit().toMillis()));
    } catch (IOException e) {
      abort(client); // where it leads nobody listens: say what the far side would have said
      abort(far);
      return;
    }
    Pair pair = new Pair(client, far, node);
    pairs.add(pair);
    pair.start();
    if (refused(node) || closed) {
      pair.reset();
    }
  }

  /** A reset, instead of an orderly end. */
  private static void abort(Socket socket) {
    try {
      socket.setSoLinger(true, 0);
      socket.close();
    } catch (IOException e) {
      log.atDebug().setCause(e).log("already closed");
    }
  }

  @Override
  public void close() throws IOException {
    closed = true;
    server.close();
    pairs.forEach(Pair::reset);
  }

  /** Two connections that are one. */
  private final class Pair {
    private final Socket client;
    private final Socket far;
    private final String node;
    private final Way there;
    private final Way back;
    private int open = 2;

    Pair(Socket client, Socket far, String node) {
      this.client = client;
      this.far = far;
      this.node = node;
      this.there = new Way(this, client, far, true);
      this.back = new Way(this, far, client, false);
    }

    void start() {
      there.start();
      back.start();
    }

    void reset() {
      abort(client);
      abort(far);
      there.end();
      back.end();
      pairs.remove(this);
    }

    /** One direction has come to its end in good order. */
    void ended() {
      boolean last;
      synchronized (this) {
        last = --open == 0;
      }
      if (last) {
        reset();
      }
    }
  }

  /** One direction of a pair. */
  private final class Way {
    /** What was read at once, and when it is due. */
    private static final class Piece {
      final byte[] bytes;
      final long due;

      Piece(byte[] bytes, long due) {
        this.bytes = bytes;
        this.due = due;
      }
    }

    private final Pair pair;
    private final Socket from;
    private final Socket to;
    private final boolean forth;
    private final Queue<Piece> waiting = new ArrayDeque<>();
    private int waitingBytes;
    private long lastDue = Long.MIN_VALUE;
    private boolean over;
    private boolean gone;

    Way(Pair pair, Socket from, Socket to, boolean forth) {
      this.pair = pair;
      this.from = from;
      this.to = to;
      this.forth = forth;
    }

    void start() {
      Thread.ofVirtual().name("relay-" + name + "-read").start(this::read);
      Thread.ofVirtual().name("relay-" + name + "-write").start(this::write);
    }

    synchronized void wake() {
      notifyAll();
    }

    synchronized void end() {
      gone = true;
      notifyAll();
    }

    private void read() {
      byte[] buffer = new byte[PIECE_BYTES];
      try {
        InputStream in = from.getInputStream();
        int length;
        while ((length = in.read(buffer)) >= 0) {
          if (!put(java.util.Arrays.copyOf(buffer, length))) {
            return;
          }
        }
        synchronized (this) {
          over = true;
          notifyAll();
        }
      } catch (IOException e) {
        pair.reset(); // the one who broke it off is told apart by nobody: so is the other side
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    private synchronized boolean put(byte[] bytes) throws InterruptedException {
      // then the sender is held back, as by a full network
      while (waitingBytes >= limits.relayBytesMax() && !gone) {
        wait();
      }
      long late = shape(pair.node, forth).latenessMs(random) * 1_000_000;
      lastDue = Math.max(lastDue, System.nanoTime() + late);
      waiting.add(new Piece(bytes, lastDue));
      waitingBytes += bytes.length;
      notifyAll();
      return !gone;
    }

    private void write() {
      try {
        OutputStream out = to.getOutputStream();
        while (true) {
          Piece piece = take();
          if (piece == null) {
            break;
          }
          out.write(piece.bytes);
        }
        if (!ended()) {
          to.shutdownOutput();
          pair.ended();
        }
      } catch (IOException e) {
        pair.reset();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    private synchronized boolean ended() {
      return gone;
    }

    /** The next piece once it is due and the way is clear; null at the end. */
    private synchronized @org.jspecify.annotations.Nullable Piece take()
        throws InterruptedException {
      while (!gone) {
        Piece next = waiting.peek();
        if (shape(pair.node, forth).held()) {
          wait();
        } else if (next == null) {
          if (over) {
            return null;
          }
          wait();
        } else {
          long left = next.due - System.nanoTime();
          if (left <= 0) {
            waiting.remove();
            waitingBytes -= next.bytes.length;
            notifyAll();
            return next;
          }
          wait(left / 1_000_000, (int) (left % 1_000_000));
        }
      }
      return null;
    }
  }
}
