package io.copyhold.tenants.store.postgres.expand;

import io.copyhold.tenants.document.Document;
import java.util.List;
import java.util.Map;

/**
 * A change between two neighbouring versions that both exist physically.
 *
 * @param number of the change in its home, from 1: names of what it makes hold it
 * @param syncs in the order in which newer columns are computed
 * @param markers by base table: the column that tells rows whose newer columns are not computed yet
 */
record Link(
    int number,
    Document document,
    Layout from,
    Layout to,
    List<Sync> syncs,
    Map<String, String> markers) {}
