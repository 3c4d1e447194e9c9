package io.copyhold.chaos.fault;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.postgres.Database;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Asks one probe's question. Blocks; used by one thread. */
abstract class Asking implements AutoCloseable {
  private static final List<String> ENDED_BADLY =
      List.of("undone", "failed-in-rollback", "cancelled", "failed");

  /** Null for a good answer, otherwise what was wrong with it. Too late is found outside. */
  abstract @Nullable String ask() throws IOException, InterruptedException, SQLException;

  /** Changes that were acknowledged. */
  long acknowledged() {
    return 0;
  }

  /** Of them, those found missing. */
  long lost() {
    return 0;
  }

  @Override
  public void close() {}

  /**
   * @param beacon id of the entity that writes go to
   */
  static Asking of(Probe probe, NodeCalls calls, String beacon) {
    Duration limit = Duration.ofMillis(probe.latencyMsMax());
    return switch (probe) {
      case Probe.Http http ->
          new Asking() {
            @Override
            @Nullable String ask() throws IOException, InterruptedException {
              NodeCalls.Said said = calls.get(http.path(), http.node(), limit);
              return said.status() == http.status() ? null : said.trouble();
            }
          };
      case Probe.OperationGoesOn operation ->
          new Asking() {
            @Override
            @Nullable String ask() throws IOException, InterruptedException {
              NodeCalls.Said said =
                  calls.get("/v1/operations/" + operation.operation() + "/explain", null, limit);
              if (said.status() != 200) {
                return said.trouble();
              }
              String state = said.json().path("state").asText();
              return ENDED_BADLY.contains(state) ? state : null;
            }
          };
      case Probe.Metric metric ->
          new Asking() {
            @Override
            @Nullable String ask() throws IOException, InterruptedException {
              NodeCalls.Said said = calls.get("/metrics", null, limit);
              return said.status() == 200 ? metric(said.text(), metric) : said.trouble();
            }
          };
      case Probe.TenantSql sql -> new TenantDatabase(sql.tenant(), calls, limit);
      case Probe.Write _ -> new Writes(calls, beacon, limit);
    };
  }

  /** Looks for {@code name value} on a line of its own. */
  static @Nullable String metric(String page, Probe.Metric metric) {
    String begin = metric.metric() + " ";
    for (String line : page.split("\n", -1)) {
      if (line.startsWith(begin)) {
        double value = Double.parseDouble(line.substring(begin.length()).split(" ", 2)[0]);
        return value >= metric.min() && value <= metric.max() ? null : "it is " + value;
      }
    }
    return "there is no such metric";
  }

  /** One connection that is kept, made anew after each failure. */
  private static final class TenantDatabase extends Asking {
    private static final String LOGIN_REFUSED = "28";

    private final String tenant;
    private final NodeCalls calls;
    private final Duration limit;
    private @Nullable Database database;
    private @Nullable Connection connection;

    TenantDatabase(String tenant, NodeCalls calls, Duration limit) {
      this.tenant = tenant;
      this.calls = calls;
      this.limit = limit;
    }

    @Override
    @Nullable String ask() throws IOException, InterruptedException, SQLException {
      try {
        Connection open = connection;
        if (open == null) {
          Database known = database;
          if (known == null) {
            NodeCalls.Said said = calls.get("/v1/tenants/" + tenant + "/connection", null, limit);
            if (said.status() != 200) {
              return said.trouble();
            }
            known = database(said.json());
            database = known;
          }
          open = connect(known);
          connection = open;
        }
        try (Statement statement = open.createStatement()) {
          statement.execute("select 1");
        }
        return null;
      } catch (SQLException e) {
        close();
        if (e.getSQLState() != null && e.getSQLState().startsWith(LOGIN_REFUSED)) {
          database = null;
        }
        return "SQL state " + e.getSQLState();
      }
    }

    private static Database database(JsonNode found) {
      String password = found.path("password").asText();
      return new Database(
          found.path("host").asText(),
          found.path("port").asInt(),
          found.path("database").asText(),
          found.path("user").asText(),
          () -> password,
          found.path("sslMode").asText("prefer"));
    }

    private Connection connect(Database to) throws SQLException {
      String seconds = Long.toString(Math.max(1, limit.toSeconds()));
      Properties properties = new Properties();
      properties.setProperty("user", to.user());
      properties.setProperty("password", to.password().get());
      properties.setProperty("ApplicationName", "copyhold-probe");
      properties.setProperty("connectTimeout", seconds);
      properties.setProperty("loginTimeout", seconds);
      properties.setProperty("socketTimeout", seconds);
      return DriverManager.getConnection(to.jdbcUrl(), properties);
    }

    @Override
    public void close() {
      Connection open = connection;
      connection = null;
      if (open != null) {
        try {
          open.abort(Runnable::run);
        } catch (SQLException e) {
          // it is broken already
        }
      }
    }
  }

  /**
   * Numbers that an entity takes in order only, so that an acknowledged one that is gone is seen at
   * the next: it is refused as a gap.
   */
  private static final class Writes extends Asking {
    private final NodeCalls calls;
    private final String path;
    private final Duration limit;
    private long highest = -1;
    private final AtomicLong acknowledged = new AtomicLong();
    private final AtomicLong lost = new AtomicLong();

    Writes(NodeCalls calls, String beacon, Duration limit) {
      this.calls = calls;
      this.path = "/v1/beacons/" + beacon;
      this.limit = limit;
    }

    @Override
    @Nullable String ask() throws IOException, InterruptedException {
      if (highest < 0) {
        NodeCalls.Said said = calls.get(path, null, limit);
        if (said.status() != 200 && said.status() != 404) {
          return said.trouble();
        }
        highest = said.status() == 404 ? 0 : said.json().path("state").path("highest").asLong();
      }
      ObjectNode body = Mappers.JSON.createObjectNode().put("n", highest + 1);
      NodeCalls.Said said = calls.post(path + "/beat", body, "beat-" + (highest + 1), limit);
      if (said.status() / 100 == 2) {
        highest++;
        acknowledged.incrementAndGet();
        return null;
      }
      if (said.status() == 409) {
        NodeCalls.Said now = calls.get(path, null, limit);
        if (now.status() == 200) {
          long there = now.json().path("state").path("highest").asLong();
          lost.addAndGet(Math.max(0, highest - there));
          highest = there;
        }
      }
      return said.trouble();
    }

    @Override
    long acknowledged() {
      return acknowledged.get();
    }

    @Override
    long lost() {
      return lost.get();
    }
  }
}
