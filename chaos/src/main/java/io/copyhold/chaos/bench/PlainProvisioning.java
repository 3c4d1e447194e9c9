package io.copyhold.chaos.bench;

import static io.copyhold.runtime.postgres.Identifiers.literal;
import static io.copyhold.runtime.postgres.Identifiers.quote;

import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.postgres.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The peer of onboarding: a loop over plain JDBC that does the least a tenant needs, as a script in
 * a company's drawer would. The same roles, grants and files on the same servers; no journal, no
 * fence, no ledger, no check of the isolation, no record that it happened, and nothing to take up
 * after a crash. Each thread keeps one connection per server.
 */
@PortAdapter
final class PlainProvisioning implements AutoCloseable {
  private static final String DATABASE = "plain";

  /**
   * Its own operator: the more roles somebody has made, the longer the server takes for one more.
   */
  private static final String OPERATOR = "plain_operator";

  private static final String PASSWORD = "plain-password-of-32-characters-";

  /** What the sample's files expect of their database. */
  private static final String EXPECTED =
      "create schema copyhold; grant usage on schema copyhold to public;"
          + " create function copyhold.tenant() returns text language sql stable"
          + " return session_user::text";

  private final List<Database> administrators;
  private final List<Database> servers;
  private final List<String> scripts;
  private final ConcurrentHashMap<Seat, Connection> connections = new ConcurrentHashMap<>();

  /** A thread's place at a server. */
  private record Seat(long thread, int server) {}

  PlainProvisioning(List<Database> administrators, List<String> scripts) {
    this.administrators = List.copyOf(administrators);
    this.servers =
        administrators.stream().map(it -> it.withUser(OPERATOR, () -> PASSWORD)).toList();
    this.scripts = List.copyOf(scripts);
  }

  /** One tenant more; {@code index} chooses the server. */
  interface Strategy {
    void provision(int index, String tenant) throws SQLException;
  }

  /** Makes what the tenants share. */
  void prepare() throws SQLException {
    for (Database administrator : administrators) {
      try (Connection c = administrator.connect("plain");
          Statement s = c.createStatement()) {
        s.execute(
            "create role " + OPERATOR + " login createrole createdb password " + literal(PASSWORD));
      }
    }
    for (Database server : servers) {
      try (Connection c = server.connect("plain");
          Statement s = c.createStatement()) {
        s.execute("create database " + DATABASE);
      }
      try (Connection c = server.withName(DATABASE).connect("plain");
          Statement s = c.createStatement()) {
        s.execute("begin");
        s.execute(EXPECTED);
        home(s, DATABASE, "plain_pool", "plain_pool");
        s.execute("set role plain_pool_owner");
        for (String table : List.of("customer", "product", "invoice", "invoice_line", "payment")) {
          s.execute(
              "alter table plain_pool."
                  + table
                  + " enable row level security, force row level security");
          s.execute(
              "create policy tenant on plain_pool."
                  + table
                  + " using (tenant_id = (select copyhold.tenant()))");
        }
        s.execute("commit");
      }
    }
  }

  void schema(int index, String tenant) throws SQLException {
    try (Statement s = connection(index).createStatement()) {
      s.execute("begin");
      home(s, DATABASE, tenant, tenant);
      login(s, DATABASE, tenant, tenant, tenant);
      s.execute("commit");
    }
  }

  void database(int index, String tenant) throws SQLException {
    try (Statement s = connection(index).createStatement()) {
      s.execute("create database " + quote(tenant) + " template template0");
      s.execute("revoke connect, temporary on database " + quote(tenant) + " from public");
    }
    try (Connection c = servers.get(index % servers.size()).withName(tenant).connect("plain");
        Statement s = c.createStatement()) {
      s.execute("begin");
      s.execute(EXPECTED);
      home(s, tenant, tenant, "app");
      login(s, tenant, tenant, tenant, "app");
      s.execute("commit");
    }
  }

  void pool(int index, String tenant) throws SQLException {
    try (Statement s = connection(index).createStatement()) {
      s.execute("begin");
      login(s, DATABASE, tenant, "plain_pool", "plain_pool");
      s.execute("commit");
    }
  }

  private void home(Statement s, String database, String stem, String schemaName)
      throws SQLException {
    String owner = quote(stem + "_owner");
    String app = quote(stem + "_app");
    String schema = quote(schemaName);
    s.execute("create role " + owner + " nologin");
    s.execute("create role " + app + " nologin");
    s.execute("grant " + owner + " to current_user with inherit true, set true");
    s.execute("create schema " + schema + " authorization " + owner);
    s.execute("set local role " + owner);
    s.execute("grant usage on schema " + schema + " to " + app);
    String defaults = "alter default privileges in schema " + schema + " grant ";
    s.execute(defaults + "select, insert, update, delete on tables to " + app);
    s.execute(defaults + "usage, select on sequences to " + app);
    s.execute("set local search_path = " + schema);
    for (String script : scripts) {
      s.execute(script);
    }
    s.execute("reset role");
    s.execute("reset search_path");
    if (!database.equals(DATABASE)) {
      s.execute("grant connect, temporary on database " + quote(database) + " to " + app);
    }
  }

  private static void login(Statement s, String database, String tenant, String stem, String schema)
      throws SQLException {
    String role = quote("t_" + tenant);
    s.execute("create role " + role + " login password " + literal(PASSWORD));
    s.execute("grant " + quote(stem + "_app") + " to " + role);
    s.execute(
        "alter role "
            + role
            + " in database "
            + quote(database)
            + " set search_path = "
            + quote(schema));
  }

  private Connection connection(int index) throws SQLException {
    int server = index % servers.size();
    Seat seat = new Seat(Thread.currentThread().threadId(), server);
    Connection found = connections.get(seat);
    if (found == null) {
      found = servers.get(server).withName(DATABASE).connect("plain");
      connections.put(seat, found);
    }
    return found;
  }

  /** Ends the connections, between runs. */
  void disconnect() throws SQLException {
    for (Seat seat : new ArrayList<>(connections.keySet())) {
      Connection gone = connections.remove(seat);
      if (gone != null) {
        gone.close();
      }
    }
  }

  @Override
  public void close() throws SQLException {
    disconnect();
  }
}
