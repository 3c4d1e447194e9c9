package io.copyhold.runtime.journal;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.entity.Counter;
import io.copyhold.runtime.entity.EntityTypes;
import io.copyhold.runtime.journal.Journaled.Unreadable;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CodecTest {
  private static final Codec CODEC = new EntityTypes(List.of(Counter.TYPE)).codec();
  private static final Instant AT = Instant.parse("2026-01-02T03:04:05.000006Z");

  record Renamed(String label, long by) {}

  @Test
  void anEventComesBackWithItsOriginTimeAndSummary() {
    Journaled stored =
        new Journaled(
            new Counter.Event.RingSet(Instant.parse("1969-12-31T23:59:59.999999999Z")),
            new Origin("token:x", "00-aa-bb-01", "k", null),
            AT,
            "digest",
            Mappers.JSON.createObjectNode().put("state", "idle"));
    Journaled back = CODEC.decodeEvent(CODEC.manifestOf(stored.event()), CODEC.encode(stored));
    assertThat(back.event()).isEqualTo(stored.event());
    assertThat(back.origin()).isEqualTo(stored.origin());
    assertThat(back.at()).isEqualTo(stored.at());
    assertThat(back.digest()).isEqualTo("digest");
    assertThat(back.summary()).isEqualTo(stored.summary());
  }

  @Test
  void whatIsUnknownHereIsTooNewAndWhatIsBrokenIsNot() {
    byte[] bytes =
        CODEC.encode(new Journaled(new Counter.Event.Added(1), Origin.SYSTEM, AT, null, null));
    assertThat(unreadable("counter/added/2", bytes).tooNew()).isTrue();
    assertThat(unreadable("counter/vanished/1", bytes).tooNew()).isTrue();
    assertThat(unreadable("teapot/added/1", bytes).tooNew()).isTrue();
    assertThat(unreadable("counter/added/1", new byte[] {(byte) 0xff, 0, 1}).tooNew()).isFalse();
    assertThat(unreadable("counter/added/1", new byte[0]).tooNew()).isFalse();
    assertThat(unreadable("counter/added/1", "{\"e\":1}".getBytes(StandardCharsets.UTF_8)).tooNew())
        .isFalse();
    assertThat(unreadable("counter/added/x", bytes).tooNew()).isFalse();
  }

  private static Unreadable unreadable(String manifest, byte[] bytes) {
    Object event = CODEC.decodeEvent(manifest, bytes).event();
    assertThat(event).isInstanceOf(Unreadable.class);
    return (Unreadable) event;
  }

  @Test
  void anOlderShapeIsBroughtUpStepByStep() {
    StoredTypes now =
        StoredTypes.of("thing", Renamed.class)
            .event(
                "renamed",
                Renamed.class,
                List.of(
                    node -> (ObjectNode) node.set("label", node.remove("name")),
                    node -> node.put("by", 7)));
    StoredTypes first =
        StoredTypes.of("thing", Renamed.class).event("renamed", CodecTest.First.class);
    byte[] old =
        new Codec(Map.of("thing", first))
            .encode(new Journaled(new First("x"), Origin.SYSTEM, AT, null, null));
    assertThat(new Codec(Map.of("thing", now)).decodeEvent("thing/renamed/1", old).event())
        .isEqualTo(new Renamed("x", 7));
  }

  record First(String name) {}
}
