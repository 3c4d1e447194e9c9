package io.copyhold.runtime.entity;

import io.copyhold.runtime.TestControl;
import org.junit.jupiter.api.AfterEach;

class PostgresLifeNotesTest extends LifeNotesContract {
  private final TestControl control = new TestControl();

  @AfterEach
  void close() {
    control.close();
  }

  @Override
  LifeNotes life(String node) {
    return new PostgresLifeNotes(control.control(), node);
  }
}
