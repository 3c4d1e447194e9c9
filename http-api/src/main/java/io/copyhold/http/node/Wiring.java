package io.copyhold.http.node;

import io.copyhold.config.node.CassandraNodeRegister;
import io.copyhold.config.node.PostgresNodeRegister;
import io.copyhold.config.secret.CassandraSecretRows;
import io.copyhold.config.secret.PostgresSecretRows;
import io.copyhold.config.secret.Secret;
import io.copyhold.config.secret.Secrets;
import io.copyhold.failover.backup.ControlBackup;
import io.copyhold.http.auth.Token;
import io.copyhold.migration.MigrationOperations;
import io.copyhold.migration.rollout.Rollout;
import io.copyhold.migration.schema.HealthSignals;
import io.copyhold.migration.schema.StepPorts;
import io.copyhold.runtime.cassandra.KeyspaceSchema;
import io.copyhold.runtime.entity.Entities;
import io.copyhold.runtime.entity.EntityType;
import io.copyhold.runtime.entity.Quarantine;
import io.copyhold.runtime.journal.Blobs;
import io.copyhold.runtime.journal.JournalSchema;
import io.copyhold.runtime.journal.KeyspaceTables;
import io.copyhold.runtime.operation.OperationEntity;
import io.copyhold.runtime.operation.OperationType;
import io.copyhold.runtime.operation.OperationTypes;
import io.copyhold.runtime.postgres.ControlSchema;
import io.copyhold.runtime.view.Directory;
import io.copyhold.tenants.changelog.Changelog;
import io.copyhold.tenants.changelog.JournaledScripts;
import io.copyhold.tenants.placement.DirectoryCandidates;
import io.copyhold.tenants.placement.DirectoryHomes;
import io.copyhold.tenants.pool.Pool;
import io.copyhold.tenants.store.CassandraPermitLeases;
import io.copyhold.tenants.store.DataStores;
import io.copyhold.tenants.store.LockPolicy;
import io.copyhold.tenants.store.PostgresPermitLeases;
import io.copyhold.tenants.store.Store;
import io.copyhold.tenants.tenant.Tenant;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/** What a node is made of, as lists: a new entity type or table is a line here. */
public final class Wiring {
  private Wiring() {}

  /** The entity types that have a shard of their own. */
  public static List<EntityType<?, ?, ?>> sharded() {
    List<EntityType<?, ?, ?>> all =
        new ArrayList<>(
            List.of(
                Tenant.TYPE,
                Store.TYPE,
                Pool.TYPE,
                Changelog.TYPE,
                Rollout.TYPE,
                Token.TYPE,
                ControlBackup.TYPE));
    NodeExtension.all().forEach(extension -> all.addAll(extension.entityTypes()));
    return List.copyOf(all);
  }

  /** All types that are stored: those, and what lives inside their shards. */
  public static List<EntityType<?, ?, ?>> stored() {
    List<EntityType<?, ?, ?>> all = new ArrayList<>(sharded());
    all.add(OperationEntity.TYPE);
    all.add(Quarantine.TYPE);
    return List.copyOf(all);
  }

  /** The operations this node can run. */
  static OperationTypes operations(
      DataStores stores,
      Secrets secrets,
      Entities entities,
      Blobs blobs,
      Directory directory,
      RandomGenerator secure,
      HealthSignals signals,
      List<OperationType<?>> ofControl,
      List<NodeExtension.Part> parts) {
    List<OperationType<?>> all =
        new ArrayList<>(
            MigrationOperations.all(
                new StepPorts(
                    stores,
                    secrets,
                    new JournaledScripts(entities, blobs),
                    new DirectoryCandidates(directory),
                    new DirectoryHomes(directory),
                    () -> Secret.random(secure),
                    signals,
                    LockPolicy.DEFAULT)));
    all.addAll(ofControl);
    for (NodeExtension.Part part : parts) {
      all.replaceAll(part::around);
      all.addAll(part.operations(directory));
    }
    return new OperationTypes(all);
  }

  /** The tables of the control database. */
  public static List<ControlSchema.Part> schema() {
    List<ControlSchema.Part> parts = new ArrayList<>(JournalSchema.parts());
    parts.add(PostgresNodeRegister.SCHEMA);
    parts.add(PostgresSecretRows.SCHEMA);
    parts.add(PostgresPermitLeases.SCHEMA);
    return List.copyOf(parts);
  }

  /** The tables of a control plane in Cassandra. */
  public static List<KeyspaceSchema.Part> keyspaceSchema() {
    List<KeyspaceSchema.Part> parts = new ArrayList<>(KeyspaceTables.parts());
    parts.add(CassandraNodeRegister.SCHEMA);
    parts.add(CassandraSecretRows.SCHEMA);
    parts.add(CassandraPermitLeases.SCHEMA);
    return List.copyOf(parts);
  }
}
