package io.copyhold.runtime.journal;

import com.typesafe.config.Config;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.cassandra.ControlKeyspace;
import io.copyhold.runtime.flow.GroupCommit;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import org.apache.pekko.actor.setup.Setup;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The journal in Cassandra: Pekko's own plugin stores the events, and around it stand who may store
 * them ({@link CassandraOwner}, {@link CassandraClaims}) and the lists that followers go along
 * ({@link CassandraIntents}). It is handed to the actor system as a setup, where the plugins find
 * it.
 */
@PortAdapter
public final class CassandraJournal extends Setup implements Journal, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(CassandraJournal.class);
  private static final Duration POLL = Duration.ofMillis(20);

  /**
   * Writes under way in one shard.
   *
   * @param unsureUntil nanoseconds of this JVM until which one that failed may still arrive
   */
  private record UnderWay(int writes, long unsureUntil) {}

  private final ControlKeyspace keyspace;
  private final Codec codec;
  private final Executor blocking;
  private final LeaseTimes times;
  private final Terms terms;
  private final CassandraIntents intents;
  private final CassandraOwner owner;
  private final CassandraDoubts doubts = new CassandraDoubts();
  private final CassandraClaims claims;
  private final List<Listener> listeners = new CopyOnWriteArrayList<>();
  private final Map<Shard, UnderWay> underWay = new ConcurrentHashMap<>();
  private volatile String node = "";

  /**
   * @param keyspace with the tables of {@link KeyspaceTables}
   * @param blocking runs what blocks: virtual threads
   * @param root a node's whole configuration
   */
  public CassandraJournal(ControlKeyspace keyspace, Codec codec, Executor blocking, Config root) {
    this.keyspace = keyspace;
    this.codec = codec;
    this.blocking = blocking;
    this.times = LeaseTimes.from(root);
    this.terms = new Terms(root.getInt("pekko.cluster.sharding.number-of-shards"));
    Config groups = root.getConfig("copyhold.cassandra.intents");
    int count = groups.getInt("count-max");
    this.intents =
        new CassandraIntents(
            keyspace,
            blocking,
            new GroupCommit.Limits(1, count, count, groups.getInt("queue-max")));
    this.owner = new CassandraOwner(keyspace, times, intents, this::gone);
    this.claims = new CassandraClaims(keyspace, owner, intents, terms, doubts);
  }

  /** Takes this node's place among those that write. Blocks. */
  @Override
  public void named(String name) {
    node = name;
    owner.enter(name);
  }

  @Override
  public Terms terms() {
    return terms;
  }

  @Override
  public CassandraEvents events() {
    return new CassandraEvents(keyspace, codec, blocking);
  }

  @Override
  public void listen(Listener listener) {
    listeners.add(listener);
  }

  @Override
  public int waiting() {
    return intents.waiting();
  }

  @Override
  public CompletionStage<Long> claim(Shard shard) {
    return CompletableFuture.supplyAsync(() -> claims.claim(shard, node), blocking);
  }

  @Override
  public CompletionStage<Void> release(Shard shard) {
    long term = terms.term(shard);
    terms.released(shard);
    return term == 0
        ? CompletableFuture.completedStage(null)
        : CompletableFuture.runAsync(() -> giveBack(shard, term), blocking);
  }

  /** Not before the last write ended; one in doubt leaves the next owner to wait. */
  private void giveBack(Shard shard, long term) {
    long begun = System.nanoTime();
    while (!idle(shard)) {
      if (System.nanoTime() - begun > times.silence().toNanos()) {
        return;
      }
      try {
        Thread.sleep(POLL);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
    try {
      claims.release(shard, term);
    } catch (ProblemException e) {
      log.atDebug().addKeyValue("shard", shard).setCause(e).log("the next owner has to wait");
    }
  }

  private boolean idle(Shard shard) {
    UnderWay now = underWay.get(shard);
    return now == null || (now.writes() == 0 && now.unsureUntil() - System.nanoTime() <= 0);
  }

  private boolean gone(Shard shard, long laterTerm) {
    long held = terms.term(shard);
    if (held > laterTerm) {
      return false;
    }
    if (held > 0 && held < laterTerm) {
      terms.lost(shard, held);
    }
    return idle(shard);
  }

  /** Ends this node's part in the journal; to be called when nothing is stored any more. Blocks. */
  @Override
  public void close() {
    try {
      owner.leave();
    } catch (ProblemException e) {
      log.atInfo().setCause(e).log("left without a word; others wait for its silence");
    }
  }

  ControlKeyspace keyspace() {
    return keyspace;
  }

  Codec codec() {
    return codec;
  }

  Executor blocking() {
    return blocking;
  }

  CassandraDoubts doubts() {
    return doubts;
  }

  CassandraIntents intents() {
    return intents;
  }

  /**
   * Whether a write may go out now.
   *
   * @throws ProblemException it may not; then nothing was sent
   */
  void require(Shard shard, long term) {
    if (term == 0 || terms.term(shard) != term) {
      throw new ProblemException(
          Problem.unavailable("not-owner", "this node does not own shard " + shard)
              .todo("ask again; its owner is being found"));
    }
    owner.require(shard, term);
  }

  void begun(Shard shard) {
    underWay.merge(
        shard,
        new UnderWay(1, System.nanoTime()),
        (now, _) -> new UnderWay(now.writes() + 1, now.unsureUntil()));
  }

  /**
   * @param known whether it was stored; otherwise it may still arrive
   */
  void ended(Shard shard, boolean known) {
    long unsure = System.nanoTime() + (known ? 0 : times.landing().toNanos());
    underWay.computeIfPresent(
        shard,
        (_, now) -> {
          long until = now.unsureUntil() - unsure > 0 ? now.unsureUntil() : unsure;
          return new UnderWay(now.writes() - 1, until);
        });
    if (known) {
      listeners.forEach(Listener::stored);
    }
  }
}
