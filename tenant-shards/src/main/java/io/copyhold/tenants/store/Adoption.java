package io.copyhold.tenants.store;

import org.jspecify.annotations.Nullable;

/**
 * How an existing database or schema becomes a home.
 *
 * @param tenant whose home it becomes
 * @param changelog the changelog it follows from now on
 * @param version the changelog's version it already has
 * @param position of that version's last script, 0 when the changelog begins later
 * @param database where it is; null: the home's name for a database, the shared database for a
 *     schema
 * @param schema where its tables are; null: {@code public} for a database, the home's name for a
 *     schema
 * @param password with a password the tenant also gets a login role with rights on all tables; null
 *     leaves roles as they are
 */
public record Adoption(
    String tenant,
    String changelog,
    String version,
    int position,
    @Nullable String database,
    @Nullable String schema,
    @Nullable String password) {
  public Adoption {
    if (tenant.isEmpty() || changelog.isEmpty() || position < 0) {
      throw new IllegalArgumentException("not an adoption of " + tenant);
    }
  }

  /** Without the password. */
  @Override
  public String toString() {
    return tenant + " at " + changelog + ' ' + version;
  }
}
