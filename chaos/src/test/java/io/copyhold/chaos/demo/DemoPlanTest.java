package io.copyhold.chaos.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.copyhold.chaos.demo.DemoPlan.Guest;
import io.copyhold.chaos.workload.Invoicing;
import io.copyhold.tenants.Ids;
import java.util.List;
import org.junit.jupiter.api.Test;

class DemoPlanTest {
  @Test
  void everyGuestHasAnIdOfItsOwnThatIsGood() {
    List<Guest> guests = new DemoPlan(600, Invoicing.Size.SMALL, 1).guests();
    assertThat(guests).extracting(Guest::id).doesNotHaveDuplicates().hasSize(600);
    assertThat(guests).allSatisfy(guest -> assertThat(Ids.check("tenant", guest.id())).isEmpty());
    assertThat(guests).extracting(Guest::seed).doesNotHaveDuplicates();
  }

  @Test
  void aThirdOfTheGuestsGoesIntoEachStrategy() {
    List<Guest> guests = new DemoPlan(60, Invoicing.Size.SMALL, 1).guests();
    for (String strategy : DemoPlan.STRATEGIES) {
      assertThat(guests).filteredOn(guest -> guest.strategy().equals(strategy)).hasSize(20);
    }
  }

  @Test
  void tooFewOrTooManyGuestsAreRefused() {
    assertThatThrownBy(() -> new DemoPlan(5, Invoicing.Size.SMALL, 1))
        .hasMessageContaining("6 to 600");
    assertThatThrownBy(() -> new DemoPlan(601, Invoicing.Size.SMALL, 1))
        .hasMessageContaining("6 to 600");
  }
}
