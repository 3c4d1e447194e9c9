package io.copyhold.tenants.store.postgres.ddl;

/**
 * Finds the rows that keep a constraint from being valid.
 *
 * @param predicate true for such a row of the table, which is called {@code t}; trusted text
 */
public record Violations(TableName table, String predicate) {}
