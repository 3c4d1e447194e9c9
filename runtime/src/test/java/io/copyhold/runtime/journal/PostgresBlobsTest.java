package io.copyhold.runtime.journal;

import static io.copyhold.runtime.TestSystem.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.TestControl;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PostgresBlobsTest {
  private final TestControl control = new TestControl();
  private final Blobs blobs = new PostgresBlobs(control.control());

  @AfterEach
  void close() {
    control.close();
  }

  @Test
  void bytesComeBackByTheirDigest() {
    byte[] script = "CREATE TABLE t ();".getBytes(StandardCharsets.UTF_8);
    String digest = await(blobs.put(script));
    assertThat(digest).hasSize(64).isEqualTo(await(blobs.put(script)));
    assertThat(await(blobs.get(digest))).hasValueSatisfying(b -> assertThat(b).isEqualTo(script));
    assertThat(await(blobs.get(await(blobs.put(new byte[0])))))
        .hasValueSatisfying(b -> assertThat(b).isEmpty());
  }

  @Test
  void whatNobodyPutIsAbsent() {
    assertThat(await(blobs.get("0".repeat(64)))).isEmpty();
    assertThat(await(blobs.get("no digest"))).isEmpty();
  }

  @Test
  void theLimitIsFourMebibytes() {
    assertThat(await(blobs.put(new byte[Blobs.MAX_BYTES]))).hasSize(64);
    assertThatThrownBy(() -> blobs.put(new byte[Blobs.MAX_BYTES + 1]).toCompletableFuture().join())
        .hasCauseInstanceOf(ProblemException.class)
        .hasMessageContaining("blob-too-large");
  }

  @Test
  void bytesThatRottedAreNotHandedOut() throws SQLException {
    String digest = await(blobs.put(new byte[] {1, 2, 3}));
    try (Connection c = control.database().connect("test");
        Statement s = c.createStatement()) {
      assertThat(s.executeUpdate("UPDATE copyhold.blob SET content = '\\x0102ff'")).isEqualTo(1);
    }
    assertThatThrownBy(() -> blobs.get(digest).toCompletableFuture().join())
        .hasMessageContaining("blob-corrupt");
  }
}
