package io.copyhold.runtime.journal;

import static io.copyhold.runtime.TestSystem.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.copyhold.runtime.ProblemException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What all keepers of blobs promise. */
abstract class BlobsContract {
  private Blobs blobs;

  abstract Blobs blobs();

  /** Changes what is kept of all blobs. */
  abstract void rot();

  @BeforeEach
  void begin() {
    blobs = blobs();
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
    byte[] most = new byte[Blobs.MAX_BYTES];
    new Random(1).nextBytes(most);
    assertThat(await(blobs.get(await(blobs.put(most)))))
        .hasValueSatisfying(b -> assertThat(b).isEqualTo(most));
    assertThatThrownBy(() -> blobs.put(new byte[Blobs.MAX_BYTES + 1]).toCompletableFuture().join())
        .hasCauseInstanceOf(ProblemException.class)
        .hasMessageContaining("blob-too-large");
  }

  @Test
  void bytesThatRottedAreNotHandedOut() {
    String digest = await(blobs.put(new byte[] {1, 2, 3}));
    rot();
    assertThatThrownBy(() -> blobs.get(digest).toCompletableFuture().join())
        .hasMessageContaining("blob-corrupt");
  }
}
