package io.copyhold.runtime.replay;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.cassandra.ControlKeyspace;

/** How far replays have come, in Cassandra. */
public record CassandraReplayOffsets(ControlKeyspace keyspace) implements ReplayOffsets {
  @Override
  public long load(EntityRef entity, String name) {
    return ControlKeyspace.await(
            keyspace.rows(
                "SELECT version FROM replay WHERE entity = ? AND name = ?",
                entity.toString(),
                name))
        .stream()
        .mapToLong(row -> row.getLong("version"))
        .findFirst()
        .orElse(0L);
  }

  @Override
  public void keep(EntityRef entity, String name, long version) {
    ControlKeyspace.await(
        keyspace.later(
            "INSERT INTO replay (entity, name, version, changed)"
                + " VALUES (?, ?, ?, toTimestamp(now()))",
            entity.toString(),
            name,
            version));
  }
}
