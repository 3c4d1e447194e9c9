package io.copyhold.runtime.entity;

import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.entity.InHand.Note;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the notes about lives and replays promise, whichever database they are in. */
abstract class LifeNotesContract {
  private static final EntityRef ENTITY = new EntityRef("counter", "c1");
  private static final Duration CAREFUL = Duration.ofMinutes(10);

  private LifeNotes first;
  private LifeNotes second;
  private LifeNotes third;

  /** As that life takes them; those of one test share what is noted. */
  abstract LifeNotes life(String node);

  @BeforeEach
  void open() {
    first = life("n#1");
    second = life("n#2");
    third = life("n#3");
  }

  @Test
  void aLifeThatEndsWellMakesNobodyCareful() {
    assertThat(first.begin("n", CAREFUL)).isFalse();
    first.end();
    assertThat(second.begin("n", CAREFUL)).isFalse();
  }

  @Test
  void aLifeThatWasLostMakesThoseAfterItCareful() {
    assertThat(first.begin("n", CAREFUL)).isFalse();
    assertThat(second.begin("n", CAREFUL)).as("by its own name").isTrue();
    second.end();
    assertThat(third.begin("m", CAREFUL)).as("for a while").isTrue();
    assertThat(life("m#4").begin("k", Duration.ZERO)).as("not for ever").isFalse();
  }

  @Test
  void anotherLifeMayTellThatOneWasLost() {
    assertThat(first.begin("n", CAREFUL)).isFalse();
    second.lost("n#1");
    second.lost("nobody");
    assertThat(third.begin("m", CAREFUL)).isTrue();
  }

  @Test
  void aReplayThatEndsTwoLivesIsCondemnedWithItsEvent() {
    assertThat(first.enter(ENTITY, Set.of())).isEqualTo(new Note(0, 0));
    first.at(ENTITY, 4);
    assertThat(second.enter(ENTITY, Set.of())).isEqualTo(new Note(1, 4));
    assertThat(second.condemned()).isEmpty();
    second.at(ENTITY, 0);
    second.at(ENTITY, 7);
    assertThat(third.enter(ENTITY, Set.of())).isEqualTo(new Note(2, 7));
    assertThat(third.condemned()).isEqualTo(Map.of(ENTITY, new Note(2, 7)));
    third.leave(ENTITY);
    assertThat(first.condemned()).as("the note stays").hasSize(1);
    assertThat(life("n#4").enter(ENTITY, Set.of())).as("it was over").isEqualTo(new Note(2, 7));
    first.forget(ENTITY);
    assertThat(first.condemned()).isEmpty();
    assertThat(first.enter(ENTITY, Set.of())).isEqualTo(new Note(0, 0));
  }

  @Test
  void whoLivesOrWaitsItsTurnIsNotHeldToHaveDied() {
    first.enter(ENTITY, Set.of());
    assertThat(second.enter(ENTITY, Set.of("n#1"))).as("it lives").isEqualTo(new Note(0, 0));
    assertThat(third.enter(ENTITY, Set.of())).isEqualTo(new Note(1, 0));
    assertThat(life("n#4").enter(ENTITY, Set.of())).as("it waited").isEqualTo(new Note(1, 0));
  }

  @Test
  void aReplayThatEndedWellLeavesNothing() {
    first.enter(ENTITY, Set.of());
    second.leave(ENTITY); // not its own
    assertThat(second.enter(ENTITY, Set.of())).isEqualTo(new Note(1, 0));
    second.leave(ENTITY);
    assertThat(third.enter(ENTITY, Set.of())).isEqualTo(new Note(0, 0));
  }
}
