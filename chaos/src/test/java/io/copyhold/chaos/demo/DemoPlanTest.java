package io.copyhold.chaos.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.copyhold.chaos.demo.DemoPlan.Guest;
import io.copyhold.chaos.installation.Workplace;
import io.copyhold.chaos.workload.Invoicing;
import io.copyhold.runtime.ProblemException;
import io.copyhold.tenants.Ids;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoPlanTest {
  @TempDir private Path temporary;

  @Test
  void everyGuestHasAnIdOfItsOwnThatIsGood() {
    List<Guest> guests = new DemoPlan(600, Invoicing.Size.SMALL).guests();
    assertThat(guests).extracting(Guest::id).doesNotHaveDuplicates().hasSize(600);
    assertThat(guests).allSatisfy(guest -> assertThat(Ids.check("tenant", guest.id())).isEmpty());
    assertThat(guests).extracting(Guest::seed).doesNotHaveDuplicates();
  }

  @Test
  void aThirdOfTheGuestsGoesIntoEachStrategy() {
    List<Guest> guests = new DemoPlan(60, Invoicing.Size.SMALL).guests();
    for (String strategy : DemoPlan.STRATEGIES) {
      assertThat(guests).filteredOn(guest -> guest.strategy().equals(strategy)).hasSize(20);
    }
  }

  @Test
  void tooFewOrTooManyGuestsAreRefused() {
    assertThatThrownBy(() -> new DemoPlan(5, Invoicing.Size.SMALL))
        .hasMessageContaining("6 to 600");
    assertThatThrownBy(() -> new DemoPlan(601, Invoicing.Size.SMALL))
        .hasMessageContaining("6 to 600");
  }

  @Test
  void aDirectoryWithSomethingInItIsRefused() throws Exception {
    Files.writeString(temporary.resolve("mine"), "precious");
    assertThatThrownBy(() -> Workplace.make("test", temporary, false))
        .isInstanceOfSatisfying(
            ProblemException.class, e -> assertThat(e.code()).isEqualTo("directory-not-empty"));
    assertThat(temporary.resolve("mine")).hasContent("precious");
  }

  @Test
  void afterAFailureOnlyTheLogsStay() throws Exception {
    Workplace workplace = Workplace.make("test", temporary.resolve("demo"), false);
    Files.writeString(workplace.log(), "what happened");
    Files.createDirectories(workplace.directory().resolve("postgres/store-a"));
    workplace.removeButLogs();
    assertThat(workplace.log()).hasContent("what happened");
    assertThat(workplace.directory().resolve("postgres")).doesNotExist();
  }
}
