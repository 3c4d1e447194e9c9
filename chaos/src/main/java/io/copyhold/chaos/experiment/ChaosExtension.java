package io.copyhold.chaos.experiment;

import com.typesafe.config.Config;
import io.copyhold.chaos.fault.AgentClient;
import io.copyhold.chaos.fault.NodeFaults;
import io.copyhold.config.node.NodeSettings;
import io.copyhold.http.admin.Resource;
import io.copyhold.http.admin.Route;
import io.copyhold.http.auth.Permission;
import io.copyhold.http.node.NodeExtension;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.entity.EntityType;
import io.copyhold.runtime.operation.OperationType;
import io.copyhold.runtime.view.Directory;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Experiments as a part of every node. */
public final class ChaosExtension implements NodeExtension {
  @Override
  public List<EntityType<?, ?, ?>> entityTypes() {
    return List.of(Experiment.TYPE, Beacon.TYPE);
  }

  @Override
  public Part open(Config config, NodeSettings settings) {
    AgentClient agent = AgentClient.from(config);
    return new OnNode(
        agent,
        NodeFaults.start(agent, settings.name(), config),
        config.getBoolean("copyhold.chaos.production"));
  }

  private static final class OnNode implements Part {
    private final AgentClient agent;
    private final NodeFaults faults;
    private final boolean production;
    private volatile @Nullable Tenants tenants;

    OnNode(AgentClient agent, NodeFaults faults, boolean production) {
      this.agent = agent;
      this.faults = faults;
      this.production = production;
    }

    @Override
    public InstantSource clock(InstantSource real) {
      return faults.clock(real);
    }

    @Override
    public OperationType<?> around(OperationType<?> type) {
      return faults.around(type);
    }

    @Override
    public boolean poisons(EntityRef entity) {
      return faults.poisons(entity);
    }

    @Override
    public List<OperationType<?>> operations(Directory directory) {
      Tenants found = new DirectoryTenants(directory);
      tenants = found;
      return List.of(new ExperimentRun(agent, found));
    }

    @Override
    public List<Route> routes(Resource.Shared shared, int bodyBytesMax) {
      return new ExperimentRoutes(shared, agent, this::tenants, production).routes(bodyBytesMax);
    }

    private Tenants tenants() {
      Tenants found = tenants;
      if (found == null) {
        throw new IllegalStateException("the directory opens before the API");
      }
      return found;
    }

    @Override
    public Map<String, Permission> permissions() {
      return ExperimentRoutes.permissions();
    }

    @Override
    public String contract() {
      try (InputStream in = ChaosExtension.class.getResourceAsStream("openapi.yaml")) {
        if (in == null) {
          throw new IllegalStateException("openapi.yaml is missing in this jar");
        }
        return new String(in.readAllBytes(), StandardCharsets.UTF_8);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void close() {
      faults.close();
    }
  }
}
