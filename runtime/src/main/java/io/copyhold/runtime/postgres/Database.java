package io.copyhold.runtime.postgres;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * How to reach one PostgreSQL database as one user. The password is asked for at each connect, so a
 * changed one is used from the next connection on; it appears in no text form of this record.
 *
 * @param host name or address; an IPv6 address without brackets. Several with commas between them,
 *     each with a port of its own or without ({@code db1:5432,db2}), are one primary and its
 *     standbys: whichever is the primary is connected to
 * @param port 1 to 65535; of those that have none of their own
 * @param name the database
 * @param user the login role
 * @param password where the password comes from; called on the connecting thread
 * @param sslMode libpq's word: disable, prefer, require, verify-ca or verify-full
 * @param source local address that connections come from; empty for whichever the system chooses
 */
public record Database(
    String host,
    int port,
    String name,
    String user,
    Supplier<String> password,
    String sslMode,
    String source) {

  /** A server that does not answer within this is down; a login takes some 10 ms. */
  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(10);

  public Database {
    if (port < 1 || port > 65535) {
      throw new IllegalArgumentException("port " + port);
    }
    if (host.isBlank() || name.isEmpty() || user.isEmpty()) {
      throw new IllegalArgumentException("a database needs host, name and user");
    }
    if (!sslMode.matches("disable|prefer|require|verify-ca|verify-full")) {
      throw new IllegalArgumentException("sslMode " + sslMode);
    }
  }

  /** From whichever local address the system chooses. */
  public Database(
      String host, int port, String name, String user, Supplier<String> password, String sslMode) {
    this(host, port, name, user, password, sslMode, "");
  }

  /** With encryption when the server offers it, and without check of its certificate. */
  public Database(String host, int port, String name, String user, Supplier<String> password) {
    this(host, port, name, user, password, "prefer");
  }

  /** Another database of the same server, as the same user. */
  public Database withName(String other) {
    return new Database(host, port, other, user, password, sslMode, source);
  }

  /** The same database as another user. */
  public Database withUser(String other, Supplier<String> otherPassword) {
    return new Database(host, port, name, other, otherPassword, sslMode, source);
  }

  /** The same database, reached from a local address of this machine. */
  public Database from(String local) {
    return new Database(host, port, name, user, password, sslMode, local);
  }

  /** Address for the JDBC driver, without user and password. */
  public String jdbcUrl() {
    return "jdbc:postgresql://"
        + addresses().stream().map(Address::toString).collect(Collectors.joining(","))
        + '/'
        + URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20")
        + "?sslmode="
        + sslMode
        + (host.indexOf(',') < 0 ? "" : "&targetServerType=primary&hostRecheckSeconds=1");
  }

  /**
   * One server.
   *
   * @param host name or address; an IPv6 address without brackets
   */
  public record Address(String host, int port) {
    @Override
    public String toString() {
      return (host.indexOf(':') >= 0 ? '[' + host + ']' : host) + ':' + port;
    }
  }

  /** The servers that {@link #host} names, in its order. */
  public List<Address> addresses() {
    if (host.indexOf(',') < 0) {
      return List.of(new Address(host, port));
    }
    return Arrays.stream(host.split(","))
        .map(String::strip)
        .map(one -> {
          int colon = one.lastIndexOf(':');
          return colon < 0
              ? new Address(one, port)
              : new Address(one.substring(0, colon), Integer.parseInt(one.substring(colon + 1)));
        })
        .toList();
  }

  /**
   * One connection, outside any pool.
   *
   * @param application shown in the server's {@code pg_stat_activity}
   */
  public Connection connect(String application) throws SQLException {
    return connect(application, CONNECT_LIMIT);
  }

  /** One connection, with a limit for reaching the server and another for its login. */
  Connection connect(String application, Duration limit) throws SQLException {
    return connect(application, limit, Duration.ZERO);
  }

  Connection connect(String application, Duration limit, Duration readLimit) throws SQLException {
    String seconds = Long.toString(Math.max(1, limit.toSeconds()));
    Properties p = new Properties();
    p.setProperty("user", user);
    p.setProperty("password", password.get());
    p.setProperty("ApplicationName", application);
    p.setProperty("connectTimeout", seconds);
    p.setProperty("loginTimeout", seconds);
    p.setProperty("tcpKeepAlive", "true");
    if (!source.isEmpty()) {
      p.setProperty("localSocketAddress", source);
    }
    if (readLimit.isPositive()) {
      p.setProperty("socketTimeout", Long.toString(Math.max(1, readLimit.toSeconds())));
    }
    return DriverManager.getConnection(jdbcUrl(), p);
  }

  /**
   * A bounded pool of connections. It starts empty and without asking the server, so it can be made
   * while the server is down.
   */
  public HikariDataSource pool(PoolSettings settings) {
    return pool(settings, "");
  }

  /**
   * The same.
   *
   * @param first statements that each connection begins with; one that they fail on is not used
   */
  public HikariDataSource pool(PoolSettings settings, String first) {
    HikariConfig c = new HikariConfig();
    c.setPoolName(settings.name());
    c.setDataSource(
        new ConnectingDataSource(() ->
            connect(
                settings.name(),
                settings.connectLimit(),
                // the server's own limit comes first; this one is for a server that has gone
                settings.statementLimit().plus(settings.connectLimit()))));
    c.setMaximumPoolSize(settings.maxSize());
    c.setMinimumIdle(settings.minIdle());
    c.setConnectionTimeout(settings.borrowLimit().toMillis());
    c.setValidationTimeout(
        Math.min(settings.borrowLimit().toMillis(), settings.connectLimit().toMillis()));
    c.setIdleTimeout(settings.idleLimit().toMillis());
    c.setMaxLifetime(settings.lifeLimit().toMillis());
    c.setInitializationFailTimeout(-1);
    c.setConnectionInitSql(
        "SET statement_timeout = " + settings.statementLimit().toMillis() + ";" + first);
    return new HikariDataSource(c);
  }

  @Override
  public String toString() {
    return user + '@' + host + ':' + port + '/' + name;
  }
}
