package io.copyhold.http.node;

import com.typesafe.config.Config;
import io.copyhold.config.node.NodeSettings;
import io.copyhold.http.admin.MoreRoutes;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.entity.EntityType;
import io.copyhold.runtime.operation.OperationType;
import io.copyhold.runtime.view.Directory;
import java.time.InstantSource;
import java.util.List;
import java.util.ServiceLoader;

/**
 * What a module above this one adds to every node: kinds of entities, operations, routes. Found on
 * the class path as a service; the instance itself holds nothing, each node gets its own part.
 */
public interface NodeExtension {
  /** Kinds with a shard of their own. */
  List<EntityType<?, ?, ?>> entityTypes();

  /**
   * The part of one node, opened before anything of the node is.
   *
   * @param config the node's whole configuration
   */
  Part open(Config config, NodeSettings settings);

  /** What one node has of it. */
  interface Part extends MoreRoutes, AutoCloseable {
    /** The clock that the node is to live by. */
    InstantSource clock(InstantSource real);

    /** The operation type as the node is to run it: itself, or one around it. */
    OperationType<?> around(OperationType<?> type);

    /** Whether an entity's events are to be taken for unreadable; asked before each is folded. */
    boolean poisons(EntityRef entity);

    List<OperationType<?>> operations(Directory directory);

    @Override
    void close();
  }

  /** All that are on the class path, in the order of their names. */
  static List<NodeExtension> all() {
    return ServiceLoader.load(NodeExtension.class).stream()
        .sorted(java.util.Comparator.comparing(provider -> provider.type().getName()))
        .map(ServiceLoader.Provider::get)
        .toList();
  }
}
