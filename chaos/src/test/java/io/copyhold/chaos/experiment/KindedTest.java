package io.copyhold.chaos.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.chaos.fault.Fault;
import io.copyhold.chaos.fault.Probe;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.journal.Mappers;
import org.junit.jupiter.api.Test;

class KindedTest {
  private static JsonNode json(String text) throws Exception {
    return Mappers.JSON.readTree(text.replace('\'', '"'));
  }

  private static String refusal(String text) {
    try {
      Kinded.read(json(text), Fault.class, "/faults/0");
      return "";
    } catch (ProblemException e) {
      return e.problem().code() + " " + e.problem().where();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aKindIsReadByItsWord() throws Exception {
    assertThat(Kinded.read(json("{'kind':'kill-node','node':'node-1'}"), Fault.class, ""))
        .isEqualTo(new Fault.KillNode("node-1"));
    assertThat(
            Kinded.read(
                json("{'kind':'cut-link','from':'node-1','to':'journal'}"), Fault.class, ""))
        .isEqualTo(new Fault.CutLink("node-1", "journal", false));
    assertThat(
            Kinded.read(
                json("{'kind':'http','name':'r','path':'/v1/x','status':200,'latencyMsMax':9}"),
                Probe.class,
                ""))
        .isEqualTo(new Probe.Http("r", "/v1/x", 200, 9, null));
  }

  @Test
  void whatIsWrongIsNamedWithItsPlace() {
    assertThat(refusal("{'kind':'explode'}")).isEqualTo("kind-unknown /faults/0/kind");
    assertThat(refusal("{'kind':'kill-node'}")).isEqualTo("field-missing /faults/0/node");
    assertThat(refusal("{'kind':'kill-node','node':1}"))
        .isEqualTo("field-type-wrong /faults/0/node");
    assertThat(refusal("{'kind':'kill-node','node':'a','nodes':[]}"))
        .isEqualTo("field-unknown /faults/0/nodes");
    assertThat(refusal("{'kind':'clock-jump','node':'a','seconds':1.5}"))
        .isEqualTo("field-type-wrong /faults/0/seconds");
  }

  @Test
  void wordsAndNamesAreEachOthersWayBack() {
    JsonNode tree =
        Mappers.tree(
            new Experiment.Defined(
                Samples.plan(new Fault.JournalAway(true)),
                "ann",
                null,
                0,
                new Experiment.Phase.Ready()),
            Experiment.class);
    assertThat(Kinded.words(tree).toString())
        .contains("\"journal-away\"")
        .doesNotContain("Journal");
    assertThat(Kinded.names(Kinded.words(tree))).isEqualTo(tree);
    assertThatThrownBy(() -> Kinded.read(tree, Fault.class, "")).isNotNull();
  }
}
