package io.copyhold.chaos.workload;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.postgres.Database;

/** How a tenant's application gets to its tables. */
public final class Login {
  private Login() {}

  /**
   * The tenant's own database and login.
   *
   * @param told what the API says about connecting to it
   */
  public static Database of(JsonNode told) {
    String password = told.path("password").asText();
    return new Database(
        told.path("host").asText(),
        told.path("port").asInt(),
        told.path("database").asText(),
        told.path("user").asText(),
        () -> password,
        told.path("sslMode").asText());
  }
}
