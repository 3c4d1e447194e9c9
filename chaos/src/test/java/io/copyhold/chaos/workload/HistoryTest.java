package io.copyhold.chaos.workload;

import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.chaos.workload.Call.Outcome;
import io.copyhold.runtime.journal.Mappers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HistoryTest {
  @TempDir private Path directory;

  @Test
  void whatIsWrittenIsReadAgain() throws Exception {
    Path file = directory.resolve("history.jsonl");
    AtomicLong clock = new AtomicLong(1_000);
    List<Call> written;
    try (History history = new History(file, () -> clock.addAndGet(5))) {
      Call read =
          history.begin(
              "c.0", "register", "tenant/acme", "x-r", "read", null, Mappers.JSON.nullNode());
      Call write =
          history.begin(
              "d.0",
              "register",
              "tenant/acme",
              "x-r",
              "write",
              "k1",
              Mappers.JSON.createObjectNode().put("value", "a"));
      history.nemesis("kill node-1");
      history.end(read, Outcome.OK, Mappers.JSON.createObjectNode().put("version", 3));
      history.end(write, Outcome.UNKNOWN, Mappers.JSON.nullNode());
      history.begin("c.0", "register", "tenant/acme", "x-r", "read", null, Mappers.JSON.nullNode());
      written = history.calls();
    }
    assertThat(History.read(file)).isEqualTo(written);
    assertThat(written)
        .extracting(Call::outcome)
        .containsExactly(Outcome.OK, Outcome.UNKNOWN, Outcome.UNKNOWN);
    assertThat(written.get(1).ended()).isEqualTo(Long.MAX_VALUE);
    assertThat(Files.readAllLines(file)).hasSize(6).anyMatch(line -> line.contains("kill node-1"));
  }

  @Test
  void onlyWhatIsCertainNotToHappenHasFailed() {
    assertThat(outcome(0, false, "{}")).isEqualTo(Outcome.FAIL); // nobody listened
    assertThat(outcome(0, true, "{}")).isEqualTo(Outcome.UNKNOWN); // the answer did not come
    assertThat(outcome(409, true, "{}")).isEqualTo(Outcome.FAIL);
    assertThat(outcome(500, true, "{}")).isEqualTo(Outcome.UNKNOWN);
    assertThat(outcome(503, true, "{\"outcomeKnown\":true}")).isEqualTo(Outcome.FAIL);
    assertThat(outcome(503, true, "{\"outcomeKnown\":false}")).isEqualTo(Outcome.UNKNOWN);
    assertThat(outcome(503, true, "{}")).isEqualTo(Outcome.UNKNOWN);
    assertThat(outcome(202, true, "{}")).isEqualTo(Outcome.OK);
  }

  private static Outcome outcome(int status, boolean reached, String body) {
    try {
      return new Said(status, Mappers.JSON.readTree(body), reached).outcome();
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
