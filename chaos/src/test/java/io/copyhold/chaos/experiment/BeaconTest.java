package io.copyhold.chaos.experiment;

import io.copyhold.chaos.experiment.Beacon.Command;
import io.copyhold.chaos.experiment.Beacon.Event;
import io.copyhold.runtime.entity.EntityScenario;
import org.junit.jupiter.api.Test;

class BeaconTest {
  private final EntityScenario<Beacon, Command, Event> scenario = EntityScenario.of(Beacon.TYPE);

  @Test
  void numbersAreTakenInOrderAndOnce() {
    scenario.when(new Command.Beat(1)).then(new Event.Beaten(1));
    scenario.when(new Command.Beat(1)).thenNothing();
    scenario.when(new Command.Beat(2)).then(new Event.Beaten(2));
  }

  @Test
  void aGapTellsThatSomethingIsLost() {
    scenario.given(new Event.Beaten(1)).when(new Command.Beat(3)).thenRefused("beacon-gap");
  }
}
