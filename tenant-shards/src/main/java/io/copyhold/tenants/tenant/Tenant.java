package io.copyhold.tenants.tenant;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.EntityType;
import io.copyhold.tenants.changelog.Migration;
import io.copyhold.tenants.changelog.Target;
import io.copyhold.tenants.divergence.Evidence;
import io.copyhold.tenants.isolation.Isolation;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A tenant's life as a pure state machine. {@code serial} numbers its operations over all its
 * lives, so that no operation's id comes twice; it is their generation.
 *
 * <pre>
 *   Absent ──Onboard──▶ Provisioning ──▶ Live ──Offboard──▶ Offboarding ──▶ Offboarded
 *     │                     ▲   └▶ ProvisioningFailed          (Onboard again=true ──▶ Provisioning)
 *     └──Adopt──▶ Adopting (inventory, offer, taking over) ──▶ Live
 * </pre>
 *
 * <p>From any of these it may become Diverged, and from there what its home says.
 */
public sealed interface Tenant {
  int serial();

  record Absent(int serial) implements Tenant {}

  /** The operation {@code provision/<serial>} runs. */
  record Provisioning(Profile profile, Wish wish, int serial) implements Tenant {}

  /**
   * @param leftovers not all could be undone: a person must look at the operation
   */
  record ProvisioningFailed(
      Profile profile, Wish wish, int serial, Problem problem, boolean leftovers)
      implements Tenant {}

  /** An existing database or schema is looked at and taken over. */
  record Adopting(Profile profile, Found found, int serial, Phase phase) implements Tenant {}

  /**
   * It has a home.
   *
   * @param suspended why its logins are closed; null when they are open
   * @param task the operation that runs, {@code <task>/<serial>}; it holds the home
   * @param failure of the last migration; null once one succeeded
   * @param problem of the last suspend or resume; null once one succeeded
   */
  record Live(
      Profile profile,
      Home home,
      @Nullable String suspended,
      int serial,
      @Nullable Task task,
      Migration.@Nullable Failure failure,
      @Nullable Problem problem)
      implements Tenant {}

  /**
   * @param problem why {@code offboard/<serial>} failed; null while it runs
   */
  record Offboarding(Profile profile, Home home, int serial, @Nullable Problem problem)
      implements Tenant {}

  /**
   * The journal went back in time and is behind the tenant's home: read only, until somebody
   * reconciles it with what the home says. It runs nothing.
   *
   * @param before as the journal knows it
   * @param findings what does not agree
   */
  record Diverged(Tenant before, Evidence evidence, List<String> findings) implements Tenant {
    public Diverged {
      findings = List.copyOf(findings);
    }

    @Override
    public int serial() {
      return before.serial();
    }
  }

  /** The id stays taken. */
  record Offboarded(Profile profile, int serial) implements Tenant {}

  /** What runs on a live tenant. */
  sealed interface Task {
    record Suspend(String reason) implements Task {}

    record Resume() implements Task {}

    record Migrate(Migration migration) implements Task {}

    /** As in the operation's id. */
    default String word() {
      return switch (this) {
        case Suspend _ -> "suspend";
        case Resume _ -> "resume";
        case Migrate _ -> "migrate";
      };
    }
  }

  /**
   * What there is to adopt.
   *
   * @param isolation DATABASE or SCHEMA
   * @param schema where its tables are; null for {@code public} of a whole database
   * @param baseline the version of the changelog that it already has
   */
  record Found(
      String store,
      Isolation isolation,
      String database,
      @Nullable String schema,
      Target baseline) {}

  /** How far an adoption is. */
  sealed interface Phase {
    /** {@code inventory/<serial>} runs; read only. */
    record Inventory() implements Phase {}

    /** Waits for the operator's word. */
    record Offered(Offer offer) implements Phase {}

    /** {@code adopt/<serial>} runs. */
    record Taking() implements Phase {}

    record Failed(Problem problem) implements Phase {}
  }

  /**
   * What an inventory found, in short.
   *
   * @param tables at most 50 names
   * @param blocksPooling at most 10 sentences
   * @param blocks what keeps it from being adopted, at most 10 sentences; empty is good
   */
  record Offer(
      int tablesTotal,
      List<String> tables,
      long sizeBytes,
      List<String> blocksPooling,
      List<String> blocks) {
    public Offer {
      tables = List.copyOf(tables);
      blocksPooling = List.copyOf(blocksPooling);
      blocks = List.copyOf(blocks);
    }
  }

  /** Input of the operation {@value TenantType#PROVISION}. */
  record ProvisionInput(String tenant, String region, String tier, int generation, Wish wish) {}

  /** Input of the operations on a home that is there. */
  record HomeInput(String tenant, Home home) {}

  /** Input of the operations {@value TenantType#INVENTORY} and {@value TenantType#ADOPT}. */
  record AdoptInput(String tenant, Found found, int generation) {}

  EntityType<Tenant, TenantCommand, TenantEvent> TYPE = new TenantType();
}
