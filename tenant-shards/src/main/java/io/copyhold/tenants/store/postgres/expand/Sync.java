package io.copyhold.tenants.store.postgres.expand;

import java.util.Map;

/**
 * A column of a base table that follows others of the same row when a client of another version
 * writes.
 *
 * @param table the base table
 * @param up true when a client of the older version writes, false for one of the newer
 * @param label what the expression may call the row
 * @param sources columns that the expression mentions: its names for them, and the base table's
 * @param target column of the base table
 * @param type of the target
 * @param expression of the document
 */
record Sync(
    String table,
    boolean up,
    String label,
    Map<String, String> sources,
    String target,
    String type,
    String expression) {}
