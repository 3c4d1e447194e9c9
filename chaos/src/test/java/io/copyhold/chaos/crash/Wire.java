package io.copyhold.chaos.crash;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The cable between a node and a server. Cut, all its connections end at once and new ones are
 * refused: to the server it is as if the node's process had died.
 */
final class Wire implements Closeable {
  private static final int BUFFER = 32 * 1024;

  private final ServerSocket entrance;
  private final InetSocketAddress server;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private volatile boolean cut;

  Wire(String host, int port) throws IOException {
    this.server = new InetSocketAddress(host, port);
    this.entrance = new ServerSocket(0, 200, InetAddress.getByName(host));
    Thread.ofVirtual().name("wire").start(this::accept);
  }

  int port() {
    return entrance.getLocalPort();
  }

  /** Ends all connections; none gets through until {@link #mend}. */
  void cut() {
    cut = true;
    sockets.forEach(Wire::end);
  }

  void mend() {
    cut = false;
  }

  private void accept() {
    while (!entrance.isClosed()) {
      try {
        Socket client = entrance.accept();
        if (cut) {
          end(client);
        } else {
          Thread.ofVirtual().start(() -> connect(client));
        }
      } catch (IOException e) {
        if (!entrance.isClosed()) {
          throw new IllegalStateException(e);
        }
      }
    }
  }

  private void connect(Socket client) {
    Socket there = new Socket();
    sockets.add(client);
    sockets.add(there);
    try {
      there.connect(server);
      client.setTcpNoDelay(true);
      there.setTcpNoDelay(true);
      Thread.ofVirtual().start(() -> pump(there, client));
      pump(client, there);
    } catch (IOException e) {
      end(client);
      end(there);
    } finally {
      sockets.remove(client);
      sockets.remove(there);
    }
  }

  private void pump(Socket from, Socket to) {
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] buffer = new byte[BUFFER];
      for (int n = in.read(buffer); n >= 0 && !cut; n = in.read(buffer)) {
        out.write(buffer, 0, n);
      }
    } catch (IOException e) {
      // the other side hears it below
    } finally {
      end(from);
      end(to);
    }
  }

  private static void end(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // it is gone
    }
  }

  @Override
  public void close() throws IOException {
    entrance.close();
    cut();
  }
}
