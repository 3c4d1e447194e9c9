package io.copyhold.runtime.agenda;

import com.datastax.oss.driver.api.core.cql.Row;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Slices;
import java.time.Instant;
import java.util.Objects;
import java.util.UUID;

/**
 * One row of {@link CassandraAgenda}, never changed: another time means another id.
 *
 * @param id random; the row is found and dropped by it
 * @param due when it was asked for
 * @param next when it is handed out (again)
 * @param node that put it
 * @param missed how often it was handed out before without an answer
 */
record AgendaEntry(
    EntityRef entity, String name, UUID id, Instant due, Instant next, String node, int missed) {
  /** The kind of rows that are no {@link Agenda#OPERATIONS}. */
  static final String ALARM = "alarm";

  /**
   * Where entries are listed.
   *
   * @param number minutes since 1970
   */
  record Minute(String kind, long number, int slice) {}

  Minute minute() {
    String kind = name.equals(Agenda.OPERATIONS) ? Agenda.OPERATIONS : ALARM;
    return new Minute(kind, minuteOf(next), Slices.of(entity));
  }

  AgendaEntry later(UUID newId, Instant newNext, int newMissed) {
    return new AgendaEntry(entity, name, newId, due, newNext, node, newMissed);
  }

  static long minuteOf(Instant time) {
    return Math.floorDiv(time.toEpochMilli(), 60_000L);
  }

  static AgendaEntry of(Row row) {
    return new AgendaEntry(
        EntityRef.parse(text(row, "entity")),
        text(row, "name"),
        Objects.requireNonNull(row.getUuid("id")),
        time(row, "due"),
        time(row, "next"),
        text(row, "node"),
        row.getInt("missed"));
  }

  static String text(Row row, String column) {
    return Objects.requireNonNull(row.getString(column), column);
  }

  static Instant time(Row row, String column) {
    return Objects.requireNonNull(row.getInstant(column), column);
  }
}
