package io.copyhold.runtime.journal;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.entity.Counter;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class MappersTest {
  @Test
  void aSealedStateIsToldApartByItsKind() {
    JsonNode tree =
        Mappers.tree(
            new Counter.Counting("one", 1, Optional.of(Instant.EPOCH), 0, ""), Counter.class);
    assertThat(tree.path("kind").asText()).isEqualTo("Counting");
    assertThat(tree.path("ringAt").asText()).isEqualTo("1970-01-01T00:00:00Z");
  }

  @Test
  void aRecordWithoutComponentsIsItsKindAlone() {
    assertThat(Mappers.tree(new Counter.Absent(), Counter.class).toString())
        .isEqualTo("{\"kind\":\"Absent\"}");
  }
}
