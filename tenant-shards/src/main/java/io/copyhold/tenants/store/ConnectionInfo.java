package io.copyhold.tenants.store;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;

/**
 * Where a tenant's applications connect.
 *
 * @param schema where its tables are; the role's search path leads there by itself
 */
public record ConnectionInfo(
    String host, int port, String database, String user, String schema, String sslMode) {

  /** {@code postgresql://user@host:port/database?sslmode=…}, without a password. */
  public String uri() {
    return uri(encode(user));
  }

  /** The same with the password in it: a secret. */
  public String uri(char[] password) {
    return uri(encode(user) + ':' + encode(new String(password)));
  }

  private String uri(String authority) {
    return "postgresql://"
        + authority
        + '@'
        + (host.indexOf(':') >= 0 ? '[' + host + ']' : host)
        + ':'
        + port
        + '/'
        + encode(database)
        + "?sslmode="
        + sslMode;
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
