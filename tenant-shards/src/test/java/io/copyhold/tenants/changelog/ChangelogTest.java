package io.copyhold.tenants.changelog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.entity.EntityScenario;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.tenants.changelog.Changelog.Command;
import io.copyhold.tenants.changelog.Changelog.Event;
import io.copyhold.tenants.changelog.Changelog.Version;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChangelogTest {
  private static final String ONE = "11".repeat(32);
  private static final String TWO = "22".repeat(32);

  private final EntityScenario<Changelog, Command, Event> scenario =
      EntityScenario.of(Changelog.TYPE);

  @Test
  void theFirstVersionMakesTheChangelog() {
    scenario
        .when(publish("V1__create_customers.sql", ONE))
        .then(
            new Event.VersionPublished(
                "invoicing", new Version("1", "V1__create_customers.sql", ONE, true)));
    assertThat(scenario.summary().path("latest").asText()).isEqualTo("1");
  }

  @Test
  void theSameAgainChangesNothing() {
    scenario.after(publish("V1__a.sql", ONE), publish("V2__b.sql", TWO));
    scenario.when(publish("V1__a.sql", ONE)).thenNothing();
  }

  @Test
  void otherContentIsRefused() {
    scenario.after(publish("V1__a.sql", ONE));
    assertThat(scenario.when(publish("V1__a.sql", TWO)).thenRefused("version-immutable").where())
        .isEqualTo("V1__a.sql");
  }

  @Test
  void anotherNameForAVersionIsRefused() {
    scenario.after(publish("V1__a.sql", ONE));
    scenario.when(publish("V1.0__a.sql", ONE)).thenRefused("version-immutable");
  }

  @Test
  void anotherPoolableFlagIsRefused() {
    scenario.after(publish("V1__a.sql", ONE));
    scenario
        .when(new Command.Publish("invoicing", "V1__a.sql", ONE, false))
        .thenRefused("version-immutable");
  }

  @Test
  void aVersionBetweenIsRefused() {
    scenario.after(publish("V1__a.sql", ONE), publish("V1.10__b.sql", TWO));
    scenario.when(publish("V1.9__c.sql", "33".repeat(32))).thenRefused("version-out-of-order");
    scenario.after(publish("V1.11__c.sql", "33".repeat(32)));
  }

  @Test
  void aRetiredChangelogTakesNoMore() {
    scenario.after(publish("V1__a.sql", ONE));
    scenario.when(new Command.Retire()).then(new Event.Retired());
    scenario.when(new Command.Retire()).thenNothing();
    scenario.when(publish("V2__b.sql", TWO)).thenRefused("changelog-retired");
    scenario.when(publish("V1__a.sql", ONE)).thenNothing();
  }

  @Test
  void retiringNothingIsRefused() {
    scenario.when(new Command.Retire()).thenRefused("changelog-unknown");
  }

  @ParameterizedTest
  @CsvSource({
    "U1__a.sql, undo-without-version",
    "R__views.sql, script-repeatable",
    "V1_a.sql, script-name",
    "v1__a.sql, script-name",
    "V1__a.txt, script-name",
    "V__a.sql, script-name",
    "V1a__b.sql, script-name",
    "V0__a.sql, script-name",
    "../V1__a.sql, script-name"
  })
  void otherFileNamesAreRefused(String file, String code) {
    scenario.when(publish(file, ONE)).thenRefused(code);
  }

  @Test
  void aVersionMayGetAWayBackWhichMayBeReplacedAndChangesNoTarget() {
    scenario.after(publish("V1__a.sql", ONE), publish("V2__b.sql", TWO));
    Target before = Changelog.target("invoicing", scenario.state(), "2");
    Changelog.Undo undo = new Changelog.Undo("U2__b.sql", ONE);
    scenario.when(publish("U2__b.sql", ONE)).then(new Event.UndoPublished("2", undo));
    scenario.when(publish("U2__b.sql", ONE)).thenNothing();
    scenario.when(publish("V2__b.sql", TWO)).thenNothing();
    scenario
        .when(publish("U2__b.sql", TWO))
        .then(new Event.UndoPublished("2", new Changelog.Undo("U2__b.sql", TWO)));
    assertThat(Changelog.target("invoicing", scenario.state(), "2")).isEqualTo(before);
  }

  @Test
  void aVersionIsReadFromTheFileName() {
    assertThat(ScriptName.parse("V1_2__add_due_date.sql"))
        .isEqualTo(new ScriptName("1.2", "add due date", false));
    assertThat(ScriptName.parse("V2026.11.21__x.sql").version()).isEqualTo("2026.11.21");
  }

  @Test
  void aWrongChecksumIsRefused() {
    scenario.when(publish("V1__a.sql", "abc")).thenRefused("checksum-form");
  }

  @Test
  void aFullChangelogKeepsItsLimits() {
    int published = 0;
    for (int i = 1; i <= Changelog.VERSIONS_MAX; i++) {
      var then =
          scenario.when(
              publish("V" + i + "__" + "x".repeat(90 - String.valueOf(i).length()) + ".sql", ONE));
      try {
        then.accepted();
        published = i;
      } catch (AssertionError full) {
        then.thenRefused("changelog-full");
        break;
      }
    }
    assertThat(published).isBetween(250, Changelog.VERSIONS_MAX - 1);
  }

  @Test
  void aTargetNamesItsScriptsOnly() {
    scenario.after(publish("V1__a.sql", ONE), publish("V2__b.sql", TWO));
    Target before = Changelog.target("invoicing", scenario.state(), "2");
    scenario.after(publish("V3__c.sql", ONE));
    var view = Mappers.tree(scenario.state(), Changelog.class);
    assertThat(Changelog.target("invoicing", view, "2")).isEqualTo(before);
    assertThat(Changelog.target("invoicing", view, null).version()).isEqualTo("3");
    assertThat(before.after("1")).isEqualTo(List.of("2"));
    assertThat(before.position("2")).isEqualTo(2);
  }

  @Test
  void aTargetOfAnUnknownVersionIsRefused() {
    scenario.after(publish("V1__a.sql", ONE));
    assertThatThrownBy(() -> Changelog.target("invoicing", scenario.state(), "7"))
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> assertThat(e.problem().code()).isEqualTo("version-unknown"));
  }

  private static Command publish(String file, String sha256) {
    return new Command.Publish("invoicing", file, sha256, true);
  }
}
