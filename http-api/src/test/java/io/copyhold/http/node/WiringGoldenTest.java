package io.copyhold.http.node;

import io.copyhold.runtime.entity.EntityType;
import io.copyhold.runtime.journal.GoldenFiles;
import java.util.List;

/** Every event and command of the product as it was first stored. */
class WiringGoldenTest extends GoldenFiles {
  @Override
  protected List<EntityType<?, ?, ?>> types() {
    return Wiring.sharded();
  }
}
