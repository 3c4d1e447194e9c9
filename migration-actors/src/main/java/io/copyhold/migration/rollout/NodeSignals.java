package io.copyhold.migration.rollout;

import io.copyhold.migration.schema.HealthSignals;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/**
 * Health as a node can see it: its own metrics, and addresses outside. A name is resolved once,
 * every address it has must be a public one (unless the host is allowed), and the connection goes
 * to the address that was checked: so a name that answers differently the second time gains
 * nothing. No redirect is followed, and of the answer only the status line is read.
 */
public final class NodeSignals implements HealthSignals {
  private static final int LINE_BYTES_MAX = 1024;
  private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] ([0-9]{3})( .*)?");

  private final ProbeSettings settings;
  private final Function<String, OptionalDouble> metrics;

  public NodeSignals(ProbeSettings settings, Function<String, OptionalDouble> metrics) {
    this.settings = settings;
    this.metrics = metrics;
  }

  @Override
  public OptionalDouble metric(String name) {
    return metrics.apply(name);
  }

  @Override
  public int status(URI url, Duration limit) {
    String host = String.valueOf(url.getHost());
    boolean secure = "https".equals(url.getScheme());
    int port = url.getPort() > 0 ? url.getPort() : secure ? 443 : 80;
    InetAddress address = address(host);
    int millis = (int) limit.toMillis();
    try (Socket plain = new Socket()) {
      plain.connect(new InetSocketAddress(address, port), millis);
      plain.setSoTimeout(millis);
      try (Socket socket = secure ? secured(plain, host, port) : plain) {
        socket.getOutputStream().write(request(url, host, port, secure));
        return status(line(socket.getInputStream()));
      }
    } catch (IOException e) {
      throw new ProblemException(
          Problem.conflict("probe-failed", "no answer: " + e.getClass().getSimpleName())
              .at(host + ":" + port)
              .todo("see whether it is up, and reachable from every node"),
          e);
    }
  }

  private InetAddress address(String host) {
    try {
      String bare = host.replaceAll("^\\[|\\]$", "");
      InetAddress[] all = InetAddress.getAllByName(bare);
      if (!settings.allowedHosts().contains(bare.toLowerCase(Locale.ROOT))) {
        for (InetAddress address : all) {
          if (!isPublic(address)) {
            throw new ProblemException(
                Problem.conflict(
                        "probe-refused", "the address is in a private, local or reserved network")
                    .at(host)
                    .todo(
                        "ask a public one, or name the host in copyhold.rollout.probe-allowed-hosts"));
          }
        }
      }
      return all[0];
    } catch (UnknownHostException e) {
      throw new ProblemException(
          Problem.conflict("probe-failed", "no such host").at(host).todo("check its name"), e);
    }
  }

  /**
   * Not loopback, link-local, private, carrier-grade, multicast, reserved, or one of those in IPv6.
   */
  static boolean isPublic(InetAddress address) {
    if (address.isAnyLocalAddress()
        || address.isLoopbackAddress()
        || address.isLinkLocalAddress()
        || address.isSiteLocalAddress()
        || address.isMulticastAddress()) {
      return false;
    }
    byte[] bytes = address.getAddress();
    int first = bytes[0] & 0xff;
    int second = bytes[1] & 0xff;
    if (address instanceof Inet4Address) {
      return first != 0
          && first < 240
          && !(first == 100 && second >= 64 && second < 128)
          && !(first == 198 && (second == 18 || second == 19))
          && !(first == 192 && second == 0 && bytes[2] == 0);
    }
    // Of IPv6 only global unicast, and of that neither 6to4, NAT64 nor Teredo, which hold an IPv4
    // address.
    return (first & 0xe0) == 0x20
        && !(first == 0x20 && second == 0x02)
        && !(first == 0x20 && second == 0x01 && bytes[2] == 0 && bytes[3] == 0);
  }

  private static Socket secured(Socket plain, String host, int port) throws IOException {
    SSLSocket socket =
        (SSLSocket)
            ((SSLSocketFactory) SSLSocketFactory.getDefault())
                .createSocket(plain, host, port, true);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    socket.setSSLParameters(parameters);
    socket.startHandshake();
    return socket;
  }

  private static byte[] request(URI url, String host, int port, boolean secure) {
    String path = url.getRawPath() == null || url.getRawPath().isEmpty() ? "/" : url.getRawPath();
    String query = url.getRawQuery() == null ? "" : "?" + url.getRawQuery();
    String named = port == (secure ? 443 : 80) ? host : host + ":" + port;
    return ("GET "
            + path
            + query
            + " HTTP/1.1\r\nHost: "
            + named
            + "\r\nUser-Agent: copyhold\r\nAccept: */*\r\nConnection: close\r\n\r\n")
        .getBytes(StandardCharsets.US_ASCII);
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < LINE_BYTES_MAX; i++) {
      int next = in.read();
      if (next < 0 || next == '\n') {
        return line.toString().strip();
      }
      line.append((char) next);
    }
    return line.toString();
  }

  private static int status(String line) throws IOException {
    Matcher status = STATUS.matcher(line);
    if (!status.matches()) {
      throw new IOException("not HTTP");
    }
    return Integer.parseInt(status.group(1));
  }
}
