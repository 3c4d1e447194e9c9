package io.copyhold.chaos.checker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.chaos.workload.Call;
import io.copyhold.runtime.journal.Mappers;
import java.util.List;
import org.junit.jupiter.api.Test;

class RealTimeTest {
  private static Call at(long id, long version, boolean changed, long invoked, long ended) {
    ObjectNode answer = Mappers.JSON.createObjectNode().put("version", version);
    if (changed) {
      answer.putArray("events").add("configured");
    }
    return Sample.call(id, "c", "op", changed ? "k" + id : null, answer, invoked, ended, answer);
  }

  @Test
  void whoeverAsksLaterSeesNoLess() {
    assertThat(
            RealTime.check(
                    List.of(at(1, 5, true, 0, 10), at(2, 5, false, 11, 20), at(3, 6, true, 12, 30)))
                .violations())
        .isEmpty();
  }

  @Test
  void answersThatOverlapMayComeInEitherOrder() {
    assertThat(RealTime.check(List.of(at(1, 6, true, 0, 10), at(2, 5, false, 9, 20))).violations())
        .isEmpty();
  }

  @Test
  void aStaleReadIsSeen() {
    assertThat(RealTime.check(List.of(at(1, 6, true, 0, 10), at(2, 5, false, 11, 20))).violations())
        .hasSize(1);
  }

  @Test
  void aChangeAtAVersionThatWasAnsweredBeforeIsSeen() {
    assertThat(RealTime.check(List.of(at(1, 6, true, 0, 10), at(2, 6, true, 11, 20))).violations())
        .hasSize(1);
  }
}
