package io.copyhold.runtime.postgres;

import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Opens each connection anew through a {@link Database}; the pool's source, so passwords can
 * change.
 */
final class ConnectingDataSource implements DataSource {
  /** Opens one connection. */
  interface Source {
    Connection connect() throws SQLException;
  }

  private final Source source;

  ConnectingDataSource(Source source) {
    this.source = source;
  }

  @Override
  public Connection getConnection() throws SQLException {
    return source.connect();
  }

  @Override
  public Connection getConnection(String user, String password) throws SQLException {
    throw new SQLFeatureNotSupportedException("the user is fixed");
  }

  @Override
  public @Nullable PrintWriter getLogWriter() {
    return null;
  }

  @Override
  public void setLogWriter(@Nullable PrintWriter out) {
    // the driver logs by itself
  }

  @Override
  public void setLoginTimeout(int seconds) {
    // the limit stands in the pool's settings
  }

  @Override
  public int getLoginTimeout() {
    return 0;
  }

  @Override
  public Logger getParentLogger() throws SQLFeatureNotSupportedException {
    throw new SQLFeatureNotSupportedException();
  }

  @Override
  public <T> T unwrap(Class<T> type) throws SQLException {
    throw new SQLException("wraps nothing");
  }

  @Override
  public boolean isWrapperFor(Class<?> type) {
    return false;
  }
}
