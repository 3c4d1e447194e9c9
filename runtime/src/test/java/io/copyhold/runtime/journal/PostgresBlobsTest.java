package io.copyhold.runtime.journal;

import io.copyhold.runtime.TestControl;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.AfterEach;

class PostgresBlobsTest extends BlobsContract {
  private final TestControl control = new TestControl();

  @AfterEach
  void close() {
    control.close();
  }

  @Override
  Blobs blobs() {
    return new PostgresBlobs(control.control());
  }

  @Override
  void rot() {
    try (Connection c = control.database().connect("test");
        Statement s = c.createStatement()) {
      s.executeUpdate("UPDATE copyhold.blob SET content = '\\x0102ff'");
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
