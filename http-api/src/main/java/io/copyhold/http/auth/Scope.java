package io.copyhold.http.auth;

import java.util.Collection;
import java.util.Set;
import java.util.TreeSet;

/**
 * The tenants an application token is bound to: those named, and those that carry all of the tags.
 *
 * @param tenants ids, at most 64
 * @param tags a tenant with all of these is seen, too; none means no tenant is seen by tag. At most
 *     16
 */
public record Scope(Set<String> tenants, Set<String> tags) {
  static final int TENANTS_MAX = 64;
  static final int TAGS_MAX = 16;

  public Scope {
    tenants = java.util.Collections.unmodifiableSet(new TreeSet<>(tenants));
    tags = java.util.Collections.unmodifiableSet(new TreeSet<>(tags));
  }

  boolean empty() {
    return tenants.isEmpty() && tags.isEmpty();
  }

  /** Whether the tenant is within, given the tags it carries now. */
  public boolean includes(String tenant, Collection<String> tenantTags) {
    return tenants.contains(tenant) || (!tags.isEmpty() && tenantTags.containsAll(tags));
  }
}
