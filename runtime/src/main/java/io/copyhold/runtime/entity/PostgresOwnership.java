package io.copyhold.runtime.entity;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.postgres.ControlDatabase;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.concurrent.CompletionStage;

/** Terms from one sequence of the control database: a later one is higher, whoever takes it. */
public final class PostgresOwnership implements Ownership {
  private final ControlDatabase database;

  public PostgresOwnership(ControlDatabase database) {
    this.database = database;
  }

  @Override
  public CompletionStage<Long> acquire(EntityRef entity) {
    return database.later(connection -> {
      try (PreparedStatement s = connection.prepareStatement("SELECT nextval('copyhold.term')");
          ResultSet r = s.executeQuery()) {
        r.next();
        return r.getLong(1);
      }
    });
  }
}
