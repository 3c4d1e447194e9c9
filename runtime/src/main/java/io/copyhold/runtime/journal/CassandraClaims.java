package io.copyhold.runtime.journal;

import com.datastax.oss.driver.api.core.cql.Row;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.cassandra.ControlKeyspace;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Claims of shards by lightweight transactions. Of each owner before, a claim makes sure that it
 * stopped, then notes in this node's own list that what follows comes after that owner's last
 * entry. All calls block.
 */
final class CassandraClaims {
  /** Two nodes that want one shard get in each other's way once or twice. */
  private static final int ATTEMPTS = 10;

  private static final String FIND =
      "SELECT term, owner, released, former FROM shard_term WHERE type = ? AND shard = ?";
  private static final String FIRST =
      """
      INSERT INTO shard_term (type, shard, term, owner, released, node, claimed)
      VALUES (?, ?, 1, ?, false, ?, toTimestamp(now())) IF NOT EXISTS
      """;
  private static final String NEXT =
      """
      UPDATE shard_term
      SET term = ?, owner = ?, released = false, former = ?, node = ?, claimed = toTimestamp(now())
      WHERE type = ? AND shard = ? IF term = ?
      """;
  private static final String ALONE =
      "UPDATE shard_term SET former = ? WHERE type = ? AND shard = ? IF term = ?";
  private static final String RELEASE =
      "UPDATE shard_term SET released = true WHERE type = ? AND shard = ? IF term = ? AND owner = ?";
  private static final String STANDING =
      "SELECT settled, last FROM owner WHERE one = 'owner' AND number = ?";
  private static final String TAIL =
      """
      SELECT number, entity, version_from FROM intent
      WHERE owner = ? AND bucket = ? AND number > ?
      """;

  private final ControlKeyspace keyspace;
  private final CassandraOwner owner;
  private final CassandraIntents intents;
  private final Terms terms;
  private final CassandraDoubts doubts;
  private final Map<Long, Long> marked = new ConcurrentHashMap<>();

  CassandraClaims(
      ControlKeyspace keyspace,
      CassandraOwner owner,
      CassandraIntents intents,
      Terms terms,
      CassandraDoubts doubts) {
    this.keyspace = keyspace;
    this.owner = owner;
    this.intents = intents;
    this.terms = terms;
    this.doubts = doubts;
  }

  /**
   * Makes this node the owner.
   *
   * @return the term, higher than all of this shard before
   */
  long claim(Shard shard, String node) {
    for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
      List<Row> found =
          ControlKeyspace.await(keyspace.rowsSerially(FIND, shard.type(), shard.number()));
      if (found.isEmpty()) {
        if (ControlKeyspace.await(
            keyspace.conditionally(FIRST, shard.type(), shard.number(), owner.number(), node))) {
          return 1;
        }
        continue;
      }
      Row row = found.getFirst();
      long before = row.getLong("term");
      Map<Long, Boolean> former = former(row);
      if (ControlKeyspace.await(
          keyspace.conditionally(
              NEXT,
              before + 1,
              owner.number(),
              former,
              node,
              shard.type(),
              shard.number(),
              before))) {
        outlive(shard, before + 1, former);
        return before + 1;
      }
    }
    throw new ProblemException(
        Problem.unavailable(
                "shard-contested", "other nodes claim shard " + shard + " again and again")
            .todo("it is tried again; sharding will settle on one owner"));
  }

  /** The owners that may have stored something in this shard and are not this node. */
  private Map<Long, Boolean> former(Row row) {
    Map<Long, Boolean> former = new HashMap<>();
    Map<Long, Boolean> known = row.getMap("former", Long.class, Boolean.class);
    if (known != null) {
      former.putAll(known);
    }
    if (row.getLong("owner") != owner.number()) {
      former.merge(row.getLong("owner"), row.getBoolean("released"), (_, now) -> now);
    }
    former.remove(owner.number());
    return former;
  }

  private void outlive(Shard shard, long term, Map<Long, Boolean> former) {
    if (former.isEmpty()) {
      return;
    }
    former.forEach((other, released) -> {
      if (!released) {
        owner.awaitSilence(other, shard, term);
      }
      follow(other, shard, released);
    });
    if (!ControlKeyspace.await(
        keyspace.conditionally(ALONE, Map.of(), shard.type(), shard.number(), term))) {
      throw new ProblemException(
          Problem.unavailable("shard-claimed", "another node claimed shard " + shard + " meanwhile")
              .todo("it is tried again; sharding will settle on one owner"));
    }
  }

  /**
   * What this node lists from now on comes after all that the other listed.
   *
   * @param released the other gave the shard back; otherwise what it left unsettled is in doubt
   */
  private void follow(long other, Shard shard, boolean released) {
    List<Row> standing = ControlKeyspace.await(keyspace.rows(STANDING, other));
    if (standing.isEmpty()) {
      return;
    }
    long settled = standing.getFirst().getLong("settled");
    long end = Math.max(settled, standing.getFirst().getLong("last"));
    for (long bucket = CassandraIntents.bucket(settled); ; bucket++) {
      List<Row> rows = ControlKeyspace.await(keyspace.rows(TAIL, other, bucket, settled));
      for (Row row : rows) {
        end = Math.max(end, row.getLong("number"));
        String entity = row.getString("entity");
        if (!released && entity != null && terms.shard(EntityRef.parse(entity)).equals(shard)) {
          doubts.add(entity, row.getLong("version_from"));
        }
      }
      if (rows.isEmpty() && bucket > CassandraIntents.bucket(end)) {
        break;
      }
    }
    if (end > marked.getOrDefault(other, 0L)) {
      long number = ControlKeyspace.await(intents.add(CassandraIntents.Intent.mark(other, end)));
      intents.settle(number);
      marked.merge(other, end, Math::max);
    }
  }

  /** The next owner need not wait. */
  void release(Shard shard, long term) {
    ControlKeyspace.await(
        keyspace.conditionally(RELEASE, shard.type(), shard.number(), term, owner.number()));
  }
}
