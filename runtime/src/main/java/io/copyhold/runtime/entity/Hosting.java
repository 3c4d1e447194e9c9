package io.copyhold.runtime.entity;

import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.apache.pekko.cluster.sharding.ShardCoordinator.ShardAllocationStrategy;

/**
 * How a node hosts shards.
 *
 * @param mayAnswer false while the node does not know whether it still is the owner of anything: it
 *     was asleep; its entities then answer "not now"
 * @param allocation of one type's shards to nodes
 */
public record Hosting(BooleanSupplier mayAnswer, Supplier<ShardAllocationStrategy> allocation) {}
