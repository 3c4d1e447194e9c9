package io.copyhold.config.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class PatientFailureDetectorTest {
  private static final String ADDRESS = "pekko://copyhold@127.0.0.1:1";
  private final PatientFailureDetector detector =
      new PatientFailureDetector(Duration.ofMillis(500), Duration.ofHours(1));

  @Test
  void nobodyIsMissedBeforeTheFirstHeartbeat() {
    assertThat(detector.isMonitoring()).isFalse();
    assertThat(detector.isAvailable()).isTrue();
  }

  @Test
  void silenceIsBorneForThePauseAndNoLonger() {
    detector.heartbeat();
    long now = System.nanoTime();
    assertThat(detector.availableAt(now)).isTrue();
    assertThat(detector.availableAt(now + Duration.ofMinutes(59).toNanos())).isTrue();
    assertThat(detector.availableAt(now + Duration.ofMinutes(61).toNanos())).isFalse();
  }

  @Test
  void aProcessThatIsKnownToHaveEndedIsUnreachableAtOnce() {
    detector.setAddress(ADDRESS);
    detector.heartbeat();
    PatientFailureDetector.ended(ADDRESS, true);
    assertThat(detector.isAvailable()).isFalse();
    PatientFailureDetector.ended(ADDRESS, false);
    assertThat(detector.isAvailable()).isTrue();
  }
}
