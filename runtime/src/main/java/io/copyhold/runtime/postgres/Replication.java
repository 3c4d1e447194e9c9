package io.copyhold.runtime.postgres;

import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * One connection in PostgreSQL's streaming replication protocol (chapter 54.4 of its manual), which
 * JDBC cannot speak: enough of it to take a base backup from any server of version 15 or later.
 *
 * <p>Encrypted as {@link Database#sslMode} says, by libpq's rules; a server's certificate is
 * checked against {@code ~/.postgresql/root.crt}. Passwords by SCRAM-SHA-256 only. Blocks; {@link
 * #close} from another thread ends what it waits for.
 */
@PortAdapter
public final class Replication implements Closeable {
  private static final int PROTOCOL_3 = 196_608;
  private static final int SSL_REQUEST = 80_877_103;

  /** Larger messages are not of this protocol: copied data comes in pieces of some 32 KiB. */
  private static final int MESSAGE_MAX = 64 << 20;

  private static final int AUTH_OK = 0;
  private static final int AUTH_SASL = 10;
  private static final int AUTH_SASL_CONTINUE = 11;
  private static final int AUTH_SASL_FINAL = 12;

  private final Socket socket;
  private final DataInputStream in;
  private final DataOutputStream out;
  private final String where;

  /** Takes a base backup as it comes. */
  public interface Sink {
    /** A new archive begins; {@code location} is empty for the main one. */
    OutputStream archive(String name, String location) throws IOException;

    /** The manifest begins, after the last archive. */
    OutputStream manifest() throws IOException;

    /** So many bytes of the present archive are done. */
    void progress(long bytes);
  }

  /**
   * What a base backup says of itself.
   *
   * @param start position in the log from which it is to be recovered
   * @param end from which on it is consistent
   * @param timeline the server's
   * @param estimatedBytes of all archives
   */
  public record Span(String start, String end, int timeline, long estimatedBytes) {}

  private Replication(Socket socket, String where) throws IOException {
    this.socket = socket;
    this.where = where;
    this.in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 1 << 16));
    this.out = new DataOutputStream(socket.getOutputStream());
  }

  /**
   * Connects and logs in.
   *
   * @param limit for reaching the server, and for each of its answers
   */
  public static Replication open(Database database, Duration limit) throws IOException {
    IOException last = null;
    for (Database.Address address : database.addresses()) {
      try {
        Replication opened = open(database, address, limit);
        if (database.addresses().size() == 1 || opened.primary()) {
          return opened;
        }
        opened.close();
      } catch (IOException e) {
        last = e;
      }
    }
    throw last == null ? new IOException("none of " + database + " is the primary") : last;
  }

  private boolean primary() throws IOException {
    return query("SHOW in_hot_standby").getFirst().getFirst().equals("off");
  }

  private static Replication open(Database database, Database.Address address, Duration limit)
      throws IOException {
    Socket socket = new Socket();
    try {
      socket.connect(new InetSocketAddress(address.host(), address.port()), (int) limit.toMillis());
      socket.setSoTimeout((int) limit.toMillis());
      socket.setKeepAlive(true);
      Replication opened =
          new Replication(
              encrypted(socket, address.host(), database.sslMode()),
              address.host() + ':' + address.port());
      opened.login(database);
      return opened;
    } catch (IOException | RuntimeException e) {
      socket.close();
      throw e;
    }
  }

  private static Socket encrypted(Socket socket, String host, String mode) throws IOException {
    if (mode.equals("disable")) {
      return socket;
    }
    DataOutputStream ask = new DataOutputStream(socket.getOutputStream());
    ask.writeInt(8);
    ask.writeInt(SSL_REQUEST);
    ask.flush();
    int answer = socket.getInputStream().read();
    if (answer != 'S') {
      if (mode.equals("prefer")) {
        return socket;
      }
      throw new IOException(host + " offers no encryption, and sslMode is " + mode);
    }
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust(mode), null);
      SSLSocket secure =
          (SSLSocket) context.getSocketFactory().createSocket(socket, host, socket.getPort(), true);
      if (mode.equals("verify-full")) {
        SSLParameters parameters = secure.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        secure.setSSLParameters(parameters);
      }
      secure.startHandshake();
      return secure;
    } catch (GeneralSecurityException e) {
      throw new IOException("no encrypted connection to " + host + ": " + e.getMessage(), e);
    }
  }

  private static TrustManager[] trust(String mode) throws IOException, GeneralSecurityException {
    if (!mode.startsWith("verify")) {
      return new TrustManager[] {new Unchecked()};
    }
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    Path root = Path.of(System.getProperty("user.home"), ".postgresql", "root.crt");
    int number = 0;
    try (var file = Files.newInputStream(root)) {
      for (Certificate each : CertificateFactory.getInstance("X.509").generateCertificates(file)) {
        store.setCertificateEntry("root-" + number++, each);
      }
    }
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return factory.getTrustManagers();
  }

  /** {@code prefer} and {@code require} encrypt and do not ask who is there, as in libpq. */
  private static final class Unchecked implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {
      // no client certificates here
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {
      // as the mode says
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }

  private void login(Database database) throws IOException {
    byte[] parameters =
        ("user\0"
                + database.user()
                + "\0database\0"
                + database.name()
                + "\0replication\0true\0application_name\0copyhold-backup\0\0")
            .getBytes(StandardCharsets.UTF_8);
    out.writeInt(8 + parameters.length);
    out.writeInt(PROTOCOL_3);
    out.write(parameters);
    out.flush();
    ScramLogin scram = new ScramLogin(database.password().get());
    try {
      while (true) {
        Message message = next();
        switch (message.type()) {
          case 'R' -> authenticate(message.body(), scram);
          case 'Z' -> {
            return;
          }
          default -> {} // parameters, cancel key, notices
        }
      }
    } catch (GeneralSecurityException e) {
      throw new IOException("login at " + where + ": " + e.getMessage(), e);
    }
  }

  private void authenticate(byte[] body, ScramLogin scram)
      throws IOException, GeneralSecurityException {
    int kind = integer(body, 0);
    String rest = new String(body, 4, body.length - 4, StandardCharsets.UTF_8);
    switch (kind) {
      case AUTH_OK -> {}
      case AUTH_SASL -> {
        if (!List.of(rest.split("\0")).contains(ScramLogin.MECHANISM)) {
          throw new IOException(where + " offers no " + ScramLogin.MECHANISM);
        }
        byte[] first = scram.first().getBytes(StandardCharsets.UTF_8);
        byte[] mechanism = (ScramLogin.MECHANISM + '\0').getBytes(StandardCharsets.UTF_8);
        out.writeByte('p');
        out.writeInt(4 + mechanism.length + 4 + first.length);
        out.write(mechanism);
        out.writeInt(first.length);
        out.write(first);
        out.flush();
      }
      case AUTH_SASL_CONTINUE -> send('p', scram.last(rest).getBytes(StandardCharsets.UTF_8));
      case AUTH_SASL_FINAL -> scram.check(rest);
      default ->
          throw new IOException(
              where + " asks for a password in another way than " + ScramLogin.MECHANISM);
    }
  }

  /** The rows of a command's first answer, as text. */
  public List<List<String>> query(String command) throws IOException {
    send('Q', (command + '\0').getBytes(StandardCharsets.UTF_8));
    List<List<String>> rows = new ArrayList<>();
    while (true) {
      Message message = next();
      switch (message.type()) {
        case 'D' -> rows.add(row(message.body()));
        case 'Z' -> {
          return rows;
        }
        default -> {}
      }
    }
  }

  /**
   * Takes a base backup with all log that it needs, and a manifest with SHA-256 checksums.
   *
   * @param label 1 to 63 letters, digits and dashes
   * @throws ProblemException {@code tablespaces} when there is more than one archive
   */
  public Span baseBackup(String label, Sink sink) throws IOException {
    if (!label.matches("[A-Za-z0-9-]{1,63}")) {
      throw new IllegalArgumentException("label " + label);
    }
    send(
        'Q',
        ("BASE_BACKUP (LABEL '"
                + label
                + "', PROGRESS, CHECKPOINT 'fast', WAL true, MANIFEST 'yes',"
                + " MANIFEST_CHECKSUMS 'SHA256')\0")
            .getBytes(StandardCharsets.UTF_8));
    List<List<String>> rows = new ArrayList<>();
    @Nullable OutputStream target = null;
    try {
      while (true) {
        Message message = next();
        switch (message.type()) {
          case 'D' -> rows.add(row(message.body()));
          case 'd' -> target = copied(message.body(), target, sink);
          case 'c' -> {
            if (target != null) {
              target.close();
              target = null;
            }
          }
          case 'Z' -> {
            return span(rows);
          }
          default -> {}
        }
      }
    } finally {
      if (target != null) {
        target.close();
      }
    }
  }

  /** First row: start and timeline; then a row per tablespace; last row: end. */
  private Span span(List<List<String>> rows) throws IOException {
    if (rows.size() < 3) {
      throw new IOException(where + " answered a base backup with " + rows.size() + " rows");
    }
    long kilobytes = 0;
    for (List<String> tablespace : rows.subList(1, rows.size() - 1)) {
      kilobytes += tablespace.get(2).isEmpty() ? 0 : Long.parseLong(tablespace.get(2));
    }
    return new Span(
        rows.getFirst().getFirst(),
        rows.getLast().getFirst(),
        Integer.parseInt(rows.getFirst().get(1)),
        kilobytes * 1024);
  }

  private @Nullable OutputStream copied(byte[] body, @Nullable OutputStream target, Sink sink)
      throws IOException {
    switch (body[0]) {
      case 'n' -> {
        if (target != null) {
          target.close();
        }
        String[] names = new String(body, 1, body.length - 1, StandardCharsets.UTF_8).split("\0");
        return sink.archive(names[0], names.length > 1 ? names[1] : "");
      }
      case 'm' -> {
        if (target != null) {
          target.close();
        }
        return sink.manifest();
      }
      case 'd' -> {
        if (target == null) {
          throw new IOException(where + " sent data without saying of what");
        }
        target.write(body, 1, body.length - 1);
        return target;
      }
      case 'p' -> {
        sink.progress(number(body, 1));
        return target;
      }
      default -> throw new IOException(where + " sent something else than a base backup");
    }
  }

  private record Message(char type, byte[] body) {}

  /** The next message; an error of the server is thrown. */
  private Message next() throws IOException {
    int type = in.read();
    if (type < 0) {
      throw new EOFException(where + " ended the connection");
    }
    int length = in.readInt() - 4;
    if (length < 0 || length > MESSAGE_MAX) {
      throw new IOException(where + " does not speak PostgreSQL's protocol");
    }
    byte[] body = new byte[length];
    in.readFully(body);
    if (type == 'E') {
      throw refused(body);
    }
    return new Message((char) type, body);
  }

  private ProblemException refused(byte[] body) {
    String code = "";
    String text = "";
    for (String field : new String(body, StandardCharsets.UTF_8).split("\0")) {
      if (field.startsWith("C")) {
        code = field.substring(1);
      } else if (field.startsWith("M")) {
        text = field.substring(1);
      }
    }
    boolean passes = code.startsWith("53") || code.startsWith("57") || code.startsWith("08");
    return new ProblemException(
        Problem.of(
                passes ? Problem.Kind.UNAVAILABLE : Problem.Kind.CONFLICT,
                "replication-refused",
                "the server refused to stream: " + text + " (" + code + ")")
            .at(where)
            .todo(
                "the login needs the attribute REPLICATION and a line in pg_hba.conf for it, and"
                    + " the server a free max_wal_senders"));
  }

  private static List<String> row(byte[] body) {
    int columns = (body[0] & 0xff) << 8 | body[1] & 0xff;
    List<String> row = new ArrayList<>();
    int at = 2;
    for (int i = 0; i < columns; i++) {
      int length = integer(body, at);
      at += 4;
      row.add(length < 0 ? "" : new String(body, at, length, StandardCharsets.UTF_8));
      at += Math.max(0, length);
    }
    return row;
  }

  private static int integer(byte[] body, int at) {
    return (body[at] & 0xff) << 24
        | (body[at + 1] & 0xff) << 16
        | (body[at + 2] & 0xff) << 8
        | body[at + 3] & 0xff;
  }

  private static long number(byte[] body, int at) {
    return (integer(body, at) & 0xffff_ffffL) << 32 | integer(body, at + 4) & 0xffff_ffffL;
  }

  private void send(char type, byte[] body) throws IOException {
    out.writeByte(type);
    out.writeInt(4 + body.length);
    out.write(body);
    out.flush();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
