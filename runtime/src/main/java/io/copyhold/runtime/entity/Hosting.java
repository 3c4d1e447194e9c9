package io.copyhold.runtime.entity;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.apache.pekko.cluster.sharding.ShardCoordinator.ShardAllocationStrategy;
import org.jspecify.annotations.Nullable;

/**
 * How a node hosts shards.
 *
 * @param mayAnswer false while the node does not know whether it still is the owner of anything: it
 *     was asleep; its entities then answer "not now"
 * @param unverified why an entity takes no command yet: it was not compared with what it owns since
 *     the journal may have gone back in time; null when it was
 * @param allocation of the shards of a type to nodes
 */
public record Hosting(
    BooleanSupplier mayAnswer,
    Function<EntityRef, @Nullable Problem> unverified,
    Function<String, ShardAllocationStrategy> allocation) {}
