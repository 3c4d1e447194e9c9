package io.copyhold.config.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.config.node.NodeRegister.Row;
import io.copyhold.config.node.NodeRegister.State;
import io.copyhold.config.node.NodeRegister.View;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.journal.Shard;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class HandOverTest {
  private static final Shard SHARD = new Shard("tenant", 7);

  private static Row row(String address, State state, boolean alive, boolean leaving) {
    ObjectNode report = Mappers.JSON.createObjectNode().put("version", "1");
    HandOver.write(report, leaving, leaving ? Set.of() : Set.of(SHARD));
    return new Row(address, address.hashCode(), 1, state, alive, report.toString());
  }

  private static View view(Row... rows) {
    return new View(1, true, false, List.of(rows));
  }

  @Test
  void whatANodeReportsTheOthersRead() {
    HandOver seen =
        HandOver.of(view(row("a", State.UP, true, true), row("b", State.UP, true, false)));
    assertThat(seen).isEqualTo(new HandOver(Set.of("a"), Map.of("b", Set.of(SHARD))));
  }

  @Test
  void whoHasEndedWantsNothingAndAReportThatCannotBeReadSaysNothing() {
    Row broken = new Row("b", 2, 1, State.UP, true, "{\"leaving\": tr");
    Row older = new Row("c", 3, 1, State.UP, true, "{}");
    assertThat(HandOver.of(view(row("a", State.ENDED, true, true), broken, older)))
        .isEqualTo(HandOver.NONE);
  }

  @Test
  void somebodyStaysOnlyIfItIsUpAndAliveAndDoesNotLeave() {
    Row me = row("me", State.UP, true, true);
    assertThat(HandOver.anybodyStays(view(me, row("b", State.UP, true, false)), "me")).isTrue();
    assertThat(HandOver.anybodyStays(view(me), "me")).isFalse();
    for (Row other :
        List.of(
            row("b", State.UP, true, true),
            row("b", State.UP, false, false),
            row("b", State.STARTING, true, false),
            row("b", State.ENDED, true, false))) {
      assertThat(HandOver.anybodyStays(view(me, other), "me")).isFalse();
    }
  }
}
