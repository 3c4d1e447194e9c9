package io.copyhold.config.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class PausesTest {
  private static final long MS = 1_000_000;
  private static final PauseSettings SETTINGS =
      new PauseSettings(
          Duration.ofMillis(100),
          Duration.ofMillis(1_500),
          Duration.ofSeconds(2),
          Duration.ofSeconds(10),
          Duration.ofMinutes(10),
          3);

  private long now = -7_000 * MS; // the monotonic clock may be negative
  private final Pauses pauses = new Pauses(SETTINGS, now);

  @Test
  void steadyTicksAreNoStalls() {
    for (int i = 0; i < 100; i++) {
      tick(120);
      assertThat(pauses.open(now)).isTrue();
    }
    assertThat(pauses.count()).isZero();
    assertThat(pauses.patience(now)).isEqualTo(Duration.ofSeconds(2));
  }

  @Test
  void aShortStallIsCountedAndClosesNothing() {
    tick(900);
    assertThat(pauses.count()).isOne();
    assertThat(pauses.longest()).isEqualTo(Duration.ofMillis(800));
    assertThat(pauses.open(now)).isTrue();
  }

  @Test
  void whoWakesBeforeTheTickSeesTheFenceClosed() {
    now += 5_000 * MS;
    assertThat(pauses.open(now)).isFalse();
    assertThat(pauses.unconfirmed()).as("nothing has ticked yet").isZero();
  }

  @Test
  void afterALongStallTheFenceStaysClosedUntilTheRegisterHasConfirmed() {
    tick(20_000);
    tick(100);
    assertThat(pauses.open(now)).isFalse();
    pauses.confirmed(pauses.unconfirmed());
    assertThat(pauses.open(now)).isTrue();
    assertThat(pauses.unconfirmed()).isZero();
  }

  @Test
  void aConfirmationAskedForBeforeAnotherStallDoesNotCount() {
    tick(20_000);
    long first = pauses.unconfirmed();
    tick(20_000);
    pauses.confirmed(first);
    assertThat(pauses.open(now)).isFalse();
  }

  @Test
  void stallsWidenThePatienceForAWhileAndWithinALimit() {
    tick(4_100);
    assertThat(pauses.patience(now)).isEqualTo(Duration.ofSeconds(6));
    tick(60_000);
    assertThat(pauses.patience(now)).isEqualTo(Duration.ofSeconds(10));
    now += Duration.ofMinutes(11).toNanos();
    assertThat(pauses.patience(now)).isEqualTo(Duration.ofSeconds(2));
  }

  @Test
  void onlySoManyStallsAreRemembered() {
    tick(4_100);
    tick(1_100);
    tick(1_100);
    tick(1_100);
    assertThat(pauses.patience(now)).isEqualTo(Duration.ofSeconds(2));
    assertThat(pauses.count()).isEqualTo(4);
    assertThat(pauses.longest()).isEqualTo(Duration.ofSeconds(4));
  }

  @Test
  void silenceOfOthersCountsFromTheEndOfAnOwnStall() {
    long heard = now;
    tick(100);
    assertThat(pauses.listeningSince(now, heard)).isEqualTo(heard);
    tick(20_000);
    assertThat(pauses.listeningSince(now, heard)).isEqualTo(now);
    long stalledUntil = now;
    tick(100);
    assertThat(pauses.listeningSince(now, heard)).isEqualTo(stalledUntil);
    now += 3_000 * MS;
    assertThat(pauses.listeningSince(now, heard)).as("while stalled").isEqualTo(now);
  }

  @Test
  void aFenceThatClosesAfterOthersLostPatienceIsRefused() {
    assertThatThrownBy(() ->
            new PauseSettings(
                Duration.ofMillis(100),
                Duration.ofSeconds(3),
                Duration.ofSeconds(2),
                Duration.ofSeconds(10),
                Duration.ofMinutes(10),
                3))
        .hasMessageContaining("fence-after");
  }

  @Test
  void bothProfilesHoldTogether() {
    for (String name : new String[] {"machine", "network"}) {
      var config = NodeSettings.profileOf(name).withFallback(ConfigFactory.load()).resolve();
      PauseSettings settings = PauseSettings.from(config.getConfig("copyhold.node.pauses"));
      Duration pause =
          config.getDuration("pekko.cluster.failure-detector.acceptable-heartbeat-pause");
      assertThat(settings.patience()).as(name).isEqualTo(pause);
      assertThat(config.getDuration("pekko.cluster.split-brain-resolver.stable-after"))
          .as(name)
          .isGreaterThan(pause);
    }
  }

  private void tick(long afterMs) {
    now += afterMs * MS;
    pauses.tick(now);
  }
}
