package io.copyhold.chaos.demo;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.postgres.Database;
import java.sql.Connection;
import java.sql.SQLException;

/**
 * How one tenant's application gets to its tables.
 *
 * @param isolation {@code database}, {@code schema} or {@code pool}
 * @param home {@code store-a/schema/acme}
 * @param schema where its tables are
 */
record Login(
    String tenant, String isolation, String store, String home, String schema, Database database) {

  /** Of what the API says about the tenant and about connecting to it. */
  static Login of(JsonNode summary, JsonNode connection) {
    String password = connection.path("password").asText();
    return new Login(
        connection.path("tenant").asText(),
        summary.path("isolation").asText(),
        summary.path("store").asText(),
        summary.path("home").asText(),
        connection.path("schema").asText(),
        new Database(
            connection.path("host").asText(),
            connection.path("port").asInt(),
            connection.path("database").asText(),
            connection.path("user").asText(),
            () -> password,
            connection.path("sslMode").asText()));
  }

  Connection connect() throws SQLException {
    return database.connect("invoicing");
  }
}
