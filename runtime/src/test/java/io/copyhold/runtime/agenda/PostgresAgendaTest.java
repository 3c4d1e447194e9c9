package io.copyhold.runtime.agenda;

import io.copyhold.runtime.TestControl;
import org.junit.jupiter.api.AfterEach;

class PostgresAgendaTest extends AgendaContract {
  private final TestControl control = new TestControl();

  @Override
  Agenda agenda(String node) {
    return new PostgresAgenda(control.control(), node, SETTINGS);
  }

  @AfterEach
  void close() {
    control.close();
  }
}
