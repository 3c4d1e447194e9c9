package io.copyhold.config.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.config.node.NodeRegister.Row;
import io.copyhold.config.node.NodeRegister.Self;
import io.copyhold.config.node.NodeRegister.State;
import io.copyhold.config.node.NodeRegister.View;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class StepTest {
  private static final Self SELF = new Self("me", 1, "node-1", 100);
  private static final Row MINE = new Row("me", 1, 0, State.STARTING, true);

  @Test
  void theFirstOfAllForms() {
    assertThat(outside(view(0, false))).isEqualTo(new Step.Form(0));
  }

  @Test
  void whoStartsTogetherWithOthersForms() {
    assertThat(outside(view(0, false, new Row("b", 2, 0, State.STARTING, true))))
        .isEqualTo(new Step.Form(0));
  }

  @Test
  void livingMembersAreJoined() {
    Row b = new Row("b", 2, 7, State.UP, true);
    Row c = new Row("c", 3, 7, State.UP, true);
    Row dead = new Row("d", 4, 7, State.UP, false);
    assertThat(outside(view(7, true, b, c, dead))).isEqualTo(new Step.Join(7, Set.of("b", "c")));
  }

  @Test
  void silentMembersAreWaitedForUntilALivingOneWouldHaveShownItself() {
    Row silent = new Row("b", 2, 7, State.UP, false);
    assertThat(outside(view(7, false, silent))).isInstanceOf(Step.Wait.class);
    assertThat(outside(view(7, true, silent))).isEqualTo(new Step.Form(7));
  }

  @Test
  void membersWhoseProcessIsKnownToHaveEndedAreNotWaitedFor() {
    assertThat(outside(view(7, false, new Row("b", 2, 7, State.ENDED, true))))
        .isEqualTo(new Step.Form(7));
  }

  @Test
  void membersOfAnOlderClusterAreNotJoinedButWaitedFor() {
    assertThat(outside(view(7, true, new Row("b", 2, 6, State.UP, true))))
        .isInstanceOf(Step.Wait.class);
  }

  @Test
  void ourOwnEarlierLifeIsNobody() {
    View view = new View(7, false, false, List.of(new Row("me", 1, 7, State.UP, true)));
    assertThat(outside(view)).isEqualTo(new Step.Form(7));
  }

  @Test
  void aMemberRemovesWhoHasEnded() {
    Row ended = new Row("b", 2, 7, State.ENDED, true);
    Row silent = new Row("c", 3, 7, State.UP, false);
    assertThat(Step.next(view(7, true, ended, silent), SELF, true, 7))
        .isEqualTo(new Step.Remove(Set.of(2L)));
  }

  @Test
  void aMemberNeverFormsAgainHoweverAloneItSeems() {
    assertThat(Step.next(view(7, true), SELF, true, 7)).isEqualTo(new Step.Remove(Set.of()));
  }

  @Test
  void aMemberOfAReplacedClusterLeaves() {
    assertThat(Step.next(view(8, true), SELF, true, 7)).isInstanceOf(Step.Leave.class);
  }

  @Test
  void aMemberStaysWhenTheRegisterGoesBackInTime() {
    assertThat(Step.next(view(6, true), SELF, true, 7)).isEqualTo(new Step.Remove(Set.of()));
  }

  @Test
  void whoLostItsAddressLeaves() {
    View view = new View(7, true, true, List.of());
    assertThat(Step.next(view, SELF, true, 7)).isInstanceOf(Step.Leave.class);
    assertThat(outside(view)).isInstanceOf(Step.Leave.class);
  }

  private static Step outside(View view) {
    return Step.next(view, SELF, false, 0);
  }

  private static View view(long incarnation, boolean settled, Row... others) {
    return new View(
        incarnation, settled, false, Stream.concat(Stream.of(MINE), Stream.of(others)).toList());
  }
}
