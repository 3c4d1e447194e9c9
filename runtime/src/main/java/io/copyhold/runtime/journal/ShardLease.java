package io.copyhold.runtime.journal;

import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.coordination.lease.LeaseSettings;
import org.apache.pekko.coordination.lease.javadsl.Lease;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The term of a shard as Pekko's sharding knows leases: acquired before the shard's first entity
 * recovers. Who owns a shard is for sharding to decide, so a claim is never refused: it outdates
 * the term of whoever owned the shard before, and the journal refuses that one's events from then
 * on. Named in {@code copyhold-pekko.conf}.
 */
public final class ShardLease extends Lease {
  private static final Logger log = LoggerFactory.getLogger(ShardLease.class);

  private final LeaseSettings settings;
  private final Journal journal;
  private final Shard shard;

  /** Made by Pekko, one for each shard. */
  public ShardLease(LeaseSettings settings, ExtendedActorSystem system) {
    this.settings = settings;
    this.journal = JournalSetup.any(system);
    this.shard = shard(settings.leaseName(), system.name() + "-shard-");
  }

  private static Shard shard(String lease, String prefix) {
    int cut = lease.lastIndexOf('-');
    if (!lease.startsWith(prefix) || cut < prefix.length()) {
      throw new IllegalArgumentException("not the lease of a shard: " + lease);
    }
    return new Shard(
        lease.substring(prefix.length(), cut), Integer.parseInt(lease.substring(cut + 1)));
  }

  @Override
  public LeaseSettings getSettings() {
    return settings;
  }

  @Override
  public CompletionStage<Boolean> acquire() {
    return acquire(_ -> {});
  }

  @Override
  public CompletionStage<Boolean> acquire(Consumer<Optional<Throwable>> lost) {
    return journal
        .claim(shard)
        .thenApply(term -> {
          journal
              .terms()
              .taken(
                  shard,
                  term,
                  why -> {
                    log.atWarn().addKeyValue("shard", shard).log("given up: {}", why.what());
                    lost.accept(Optional.empty());
                  });
          return true;
        });
  }

  @Override
  public CompletionStage<Boolean> release() {
    return journal.release(shard).thenApply(_ -> true);
  }

  @Override
  public boolean checkLease() {
    return journal.terms().holds(shard);
  }
}
