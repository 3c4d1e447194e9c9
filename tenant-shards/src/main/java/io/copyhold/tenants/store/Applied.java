package io.copyhold.tenants.store;

/**
 * What came of {@link DataStore#apply}.
 *
 * @param already true when the ledger had it before this call
 * @param millis how long the script took when it was applied
 */
public record Applied(boolean already, long millis) {}
