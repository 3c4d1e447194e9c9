package io.copyhold.chaos.simulation;

import com.typesafe.config.Config;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.journal.Journaled;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.persistence.AtomicWrite;
import org.apache.pekko.persistence.PersistentRepr;
import org.apache.pekko.persistence.journal.japi.AsyncWriteJournal;
import org.apache.pekko.serialization.SerializationExtension;
import org.apache.pekko.serialization.Serializer;
import org.apache.pekko.serialization.Serializers;
import scala.concurrent.Future;
import scala.jdk.javaapi.CollectionConverters;
import scala.jdk.javaapi.FutureConverters;

/**
 * A Pekko journal on {@link SimDisk}: writes take virtual time and carry the term under which the
 * node holds the shard. Everything goes through the real serializer.
 */
public final class SimJournal extends AsyncWriteJournal {
  private final SimDisk disk;
  private final String node;
  private final ExtendedActorSystem system;

  public SimJournal(Config config) {
    this.system = (ExtendedActorSystem) context().system();
    Config sim = system.settings().config().getConfig("copyhold.simulation");
    this.disk = SimDisk.of(sim.getString("loop"));
    this.node = sim.getString("node");
  }

  @Override
  public Future<Iterable<Optional<Exception>>> doAsyncWriteMessages(Iterable<AtomicWrite> writes) {
    List<SimDisk.Row> rows = new ArrayList<>();
    int shard = -1;
    for (AtomicWrite write : writes) {
      EntityRef entity = EntityRef.parse(write.persistenceId());
      shard = Shards.of(entity);
      List<Journaled> events = new ArrayList<>();
      for (PersistentRepr repr : CollectionConverters.asJava(write.payload())) {
        events.add((Journaled) repr.payload());
      }
      for (Journaled.Attached with : Journaled.together(entity, write.lowestSequenceNr(), events)) {
        long version = with.from();
        for (Journaled event : with.events()) {
          rows.add(row(with.entity().persistenceId(), version++, event, shard));
        }
      }
    }
    CompletableFuture<Iterable<Optional<Exception>>> done = new CompletableFuture<>();
    disk.write(
        node,
        shard,
        rows,
        failure -> {
          if (failure == null) {
            done.complete(List.of());
          } else {
            done.completeExceptionally(failure);
          }
        });
    return FutureConverters.asScala(done);
  }

  private SimDisk.Row row(String persistenceId, long version, Journaled payload, int shard) {
    Serializer serializer = SerializationExtension.get(system).findSerializerFor(payload);
    return new SimDisk.Row(
        persistenceId,
        version,
        serializer.identifier(),
        Serializers.manifestFor(serializer, payload),
        serializer.toBinary(payload),
        disk.terms().held(node, shard),
        node,
        payload.agenda());
  }

  @Override
  public Future<Void> doAsyncDeleteMessagesTo(String persistenceId, long toSequenceNr) {
    return FutureConverters.asScala(CompletableFuture.completedFuture(null));
  }

  @Override
  public Future<Void> doAsyncReplayMessages(
      String persistenceId, long from, long to, long max, Consumer<PersistentRepr> replay) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    disk.loop()
        .after(
            node,
            Duration.ofMillis(1),
            () -> {
              if (disk.loop().conditions().journalAway) {
                done.completeExceptionally(new IOException("the journal is away"));
                return;
              }
              TreeMap<Long, SimDisk.Row> rows = disk.rows(persistenceId);
              if (from <= to) {
                rows.subMap(from, true, to, true).values().stream()
                    .limit(max)
                    .forEach(row -> replay.accept(repr(row)));
              }
              done.complete(null);
            });
    return FutureConverters.asScala(done);
  }

  private PersistentRepr repr(SimDisk.Row row) {
    Object payload =
        SerializationExtension.get(system)
            .deserialize(row.bytes(), row.serializer(), row.manifest())
            .get();
    return PersistentRepr.apply(
        payload, row.sequence(), row.persistenceId(), row.manifest(), false, null, "sim");
  }

  @Override
  public Future<Long> doAsyncReadHighestSequenceNr(String persistenceId, long from) {
    TreeMap<Long, SimDisk.Row> rows = disk.rows(persistenceId);
    return FutureConverters.asScala(
        CompletableFuture.completedFuture(rows.isEmpty() ? 0L : rows.lastKey()));
  }
}
