package io.copyhold.chaos.experiment;

import io.copyhold.runtime.entity.EntityType;
import io.copyhold.runtime.journal.GoldenFiles;
import java.util.List;

/** Every event and command of experiments as it was first stored. */
class ExperimentGoldenTest extends GoldenFiles {
  @Override
  protected List<EntityType<?, ?, ?>> types() {
    return List.of(Experiment.TYPE, Beacon.TYPE);
  }
}
