package io.copyhold.tenants.store;

import io.copyhold.runtime.Problem;
import java.util.List;

/**
 * What stands in a database or schema.
 *
 * @param tables at most 1,000, by name
 * @param tablesTotal how many there are
 * @param views plain and materialized
 * @param functions of the application, with their signatures
 * @param extensions with versions
 * @param owners roles that own anything in it
 * @param blocksPooling what would keep it from moving into a pool
 * @param blocksAdoption what must be mended before it can be adopted as it is; empty is good
 */
public record Inventory(
    String database,
    String schema,
    long sizeBytes,
    int tablesTotal,
    List<Table> tables,
    List<String> views,
    List<String> functions,
    List<String> extensions,
    List<String> owners,
    List<Problem> blocksPooling,
    List<Problem> blocksAdoption) {

  public Inventory {
    tables = List.copyOf(tables);
    views = List.copyOf(views);
    functions = List.copyOf(functions);
    extensions = List.copyOf(extensions);
    owners = List.copyOf(owners);
    blocksPooling = List.copyOf(blocksPooling);
    blocksAdoption = List.copyOf(blocksAdoption);
  }

  /**
   * One table.
   *
   * @param rowsEstimated by the planner's statistics; -1 when never analyzed
   * @param primaryKey its columns, empty when there is none
   * @param tenantColumn true when it has a column {@code tenant_id}
   */
  public record Table(
      String schema,
      String name,
      String owner,
      long sizeBytes,
      long rowsEstimated,
      List<String> primaryKey,
      boolean tenantColumn) {
    public Table {
      primaryKey = List.copyOf(primaryKey);
    }
  }
}
