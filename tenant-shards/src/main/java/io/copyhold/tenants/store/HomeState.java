package io.copyhold.tenants.store;

/**
 * What a home says of itself.
 *
 * @param changelog the changelog it follows
 * @param version of the last applied script, empty when there is none
 * @param position of the last applied script, 0 when there is none
 * @param epoch the highest seen
 * @param members tenants with a login in it
 * @param adopted true when it was there before Copyhold
 */
public record HomeState(
    String changelog, String version, int position, long epoch, int members, boolean adopted) {}
