package io.copyhold.config.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RestartSettingsTest {
  private static final RestartSettings SETTINGS =
      new RestartSettings(
          Duration.ofMillis(500),
          Duration.ofSeconds(30),
          0.2,
          10,
          Duration.ofSeconds(60),
          Duration.ZERO);

  @Test
  void pausesDoubleUpToTheMaximumAndDiffer() {
    Random random = new Random(1);
    for (int attempt = 1; attempt <= 100; attempt++) {
      long full = attempt > 6 ? 30_000 : 500L << (attempt - 1);
      assertThat(SETTINGS.backoff(attempt, random).toMillis())
          .isBetween(Math.round(full * 0.8), full);
    }
    assertThat(SETTINGS.backoff(9, random)).isNotEqualTo(SETTINGS.backoff(9, random));
  }

  @Test
  void nonsenseIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            new RestartSettings(
                Duration.ZERO,
                Duration.ofSeconds(1),
                0.2,
                1,
                Duration.ofSeconds(1),
                Duration.ZERO));
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            new RestartSettings(
                Duration.ofSeconds(1),
                Duration.ofSeconds(2),
                1.5,
                1,
                Duration.ofSeconds(1),
                Duration.ZERO));
  }
}
