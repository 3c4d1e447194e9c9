package io.copyhold.runtime.journal;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.RuntimeConfig;
import io.copyhold.runtime.TestSystem;
import io.copyhold.runtime.cassandra.CassandraFixture;
import io.copyhold.runtime.cassandra.ControlKeyspace;
import io.copyhold.runtime.entity.Counter;
import io.copyhold.runtime.entity.EntityTypes;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.BootstrapSetup;
import org.apache.pekko.actor.setup.ActorSystemSetup;

/** A node in a test, without sharding: a journal in Cassandra, its feed, and the plugins. */
final class CassandraNode implements AutoCloseable {
  static final EntityTypes TYPES = new EntityTypes(List.of(Counter.TYPE));

  final ControlKeyspace keyspace;
  final CassandraJournal journal;
  final CassandraFeed feed;
  final ActorSystem system;
  final List<Problem> lost = new CopyOnWriteArrayList<>();
  private final ExecutorService blocking = Executors.newVirtualThreadPerTaskExecutor();
  private boolean cutOff;

  CassandraNode(String name, Map<String, ?> keys) {
    Map<String, Object> all = new HashMap<>(keys);
    all.put("pekko.actor.provider", "local");
    Config config = RuntimeConfig.of(ConfigFactory.parseMap(all));
    keyspace = CassandraFixture.open(keys, KeyspaceTables.parts());
    journal = new CassandraJournal(keyspace, TYPES.codec(), blocking, config);
    feed = new CassandraFeed(keyspace, TYPES.codec(), blocking, config);
    system =
        ActorSystem.create(
            name, ActorSystemSetup.create(BootstrapSetup.create(config), TYPES, journal));
    journal.named(name);
  }

  long claim(Shard shard) {
    return claim(shard, lost::add);
  }

  private long claim(Shard shard, Consumer<Problem> told) {
    long term = TestSystem.await(journal.claim(shard));
    journal.terms().taken(shard, term, told);
    return term;
  }

  Shard shard(EntityRef entity) {
    return journal.terms().shard(entity);
  }

  /** As a node that is killed, or cut off from Cassandra: it says and shows nothing any more. */
  void cutOff() {
    cutOff = true;
    keyspace.close();
  }

  @Override
  public void close() {
    system.terminate();
    TestSystem.await(system.getWhenTerminated());
    journal.close();
    if (!cutOff) {
      keyspace.close();
    }
    blocking.close();
  }
}
