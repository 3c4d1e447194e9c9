package io.copyhold.runtime.entity;

import io.copyhold.runtime.journal.GoldenFiles;
import io.copyhold.runtime.operation.OperationEntity;
import java.util.List;

class RuntimeGoldenTest extends GoldenFiles {
  @Override
  protected List<EntityType<?, ?, ?>> types() {
    return List.of(Counter.TYPE, Quarantine.TYPE, OperationEntity.TYPE);
  }
}
