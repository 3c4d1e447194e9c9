package io.copyhold.runtime.journal;

import com.datastax.oss.driver.api.core.cql.BatchStatement;
import com.datastax.oss.driver.api.core.cql.BatchStatementBuilder;
import com.datastax.oss.driver.api.core.cql.DefaultBatchType;
import io.copyhold.runtime.cassandra.ControlKeyspace;
import io.copyhold.runtime.flow.GroupCommit;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * This node's list of what it is about to store. An entry is durable before its events are stored;
 * it is settled when they are, or when that was given up. One group is written after the other, so
 * whoever sees an entry sees all before it.
 */
final class CassandraIntents {
  /** Entries of one partition. */
  static final long BUCKET = 10_000;

  private static final String INSERT =
      """
      INSERT INTO intent (owner, bucket, number, entity, version_from, version_to, after_owner,
      after_number) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      """;

  /**
   * One entry: a write of events, or a mark.
   *
   * @param entity key of the entity's events; null for a mark
   * @param afterOwner what follows comes after that owner's entry {@code afterNumber}
   */
  record Intent(@Nullable String entity, long from, long to, long afterOwner, long afterNumber) {
    static Intent write(String entity, long from, long to) {
      return new Intent(entity, from, to, 0, 0);
    }

    static Intent mark(long owner, long number) {
      return new Intent(null, 0, 0, owner, number);
    }
  }

  private final ControlKeyspace keyspace;
  private final GroupCommit<Intent, Long> groups;
  private final NavigableSet<Long> unsettled = new TreeSet<>();
  private volatile long owner;
  private long last;

  CassandraIntents(ControlKeyspace keyspace, Executor blocking, GroupCommit.Limits limits) {
    this.keyspace = keyspace;
    this.groups = new GroupCommit<>("intents", blocking, limits, this::write);
  }

  /**
   * @param number under which this node writes; its list is empty
   */
  void begin(long number) {
    owner = number;
  }

  /** Completes with the entry's number when it is durable; it is to be settled then. */
  CompletionStage<Long> add(Intent intent) {
    return groups.add(intent, 1);
  }

  void settle(long number) {
    synchronized (unsettled) {
      unsettled.remove(number);
    }
  }

  int waiting() {
    return groups.waiting();
  }

  /** All entries up to here are settled. */
  long settled() {
    synchronized (unsettled) {
      return unsettled.isEmpty() ? last : unsettled.first() - 1;
    }
  }

  /** The newest entry. */
  long last() {
    synchronized (unsettled) {
      return last;
    }
  }

  private List<Long> write(List<Intent> group) {
    List<Long> numbers = new ArrayList<>();
    synchronized (unsettled) {
      for (int i = 0; i < group.size(); i++) {
        numbers.add(++last);
        unsettled.add(last);
      }
    }
    try {
      for (int from = 0; from < group.size(); ) {
        int to = from + 1;
        while (to < group.size() && bucket(numbers.get(to)) == bucket(numbers.get(from))) {
          to++;
        }
        write(group.subList(from, to), numbers.subList(from, to));
        from = to;
      }
    } catch (RuntimeException e) {
      numbers.forEach(this::settle); // nothing is stored under them
      throw e;
    }
    return numbers;
  }

  /** Into one partition: all or nothing. */
  private void write(List<Intent> entries, List<Long> numbers) {
    BatchStatementBuilder batch = BatchStatement.builder(DefaultBatchType.UNLOGGED);
    for (int i = 0; i < entries.size(); i++) {
      Intent entry = entries.get(i);
      boolean mark = entry.entity() == null;
      batch.addStatement(
          ControlKeyspace.await(
              keyspace.bound(
                  INSERT,
                  owner,
                  bucket(numbers.get(i)),
                  numbers.get(i),
                  entry.entity(),
                  mark ? null : entry.from(),
                  mark ? null : entry.to(),
                  mark ? entry.afterOwner() : null,
                  mark ? entry.afterNumber() : null)));
    }
    ControlKeyspace.await(keyspace.execute(batch.build().setIdempotent(true)));
  }

  static long bucket(long number) {
    return number / BUCKET;
  }
}
