package io.copyhold.http.admin;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.http.auth.Principal;
import io.copyhold.http.auth.Scope;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Which tenants a principal sees. An application sees those of its token's scope; to it, the others
 * do not exist. A tenant's tags are read from the directory: one it has not yet seen is not within
 * any tag.
 */
public final class Access {
  private static final String TENANT = "tenant";
  private static final int TAGGED_MAX = 1_000;

  private final Listing listing;

  public Access(Listing listing) {
    this.listing = listing;
  }

  /**
   * Refuses as if it did not exist what the principal may not see: another's tenant or operation.
   */
  void require(Principal who, EntityRef entity) throws InterruptedException {
    if (!sees(who, entity)) {
      throw new ProblemException(
          Problem.notFound(entity.type() + "-not-found", "there is no " + entity));
    }
  }

  /** Whether the principal may see the entity; an operation is seen with its owner. */
  public boolean sees(Principal who, EntityRef entity) throws InterruptedException {
    Scope scope = who.scope();
    if (scope == null) {
      return true;
    }
    EntityRef owner = owner(entity);
    if (!owner.type().equals(TENANT)) {
      return false;
    }
    if (scope.tenants().contains(owner.id())) {
      return true;
    }
    return !scope.tags().isEmpty()
        && listing
            .find(owner)
            .map(row -> scope.includes(owner.id(), tags(row.summary())))
            .orElse(false);
  }

  private static EntityRef owner(EntityRef entity) {
    EntityRef owner = entity;
    while (owner.type().equals(EntityRef.OPERATION)) {
      owner = EntityRef.parse(owner.id());
    }
    String id = owner.id();
    int cut = id.indexOf('/');
    return cut < 0 ? owner : new EntityRef(owner.type(), id.substring(0, cut));
  }

  /** Ids of the tenants within the scope, at most 1000 of them by tag; null for all. */
  @Nullable Set<String> tenants(Principal who) throws InterruptedException {
    Scope scope = who.scope();
    if (scope == null) {
      return null;
    }
    Set<String> ids = new TreeSet<>(scope.tenants());
    if (!scope.tags().isEmpty()) {
      String first = scope.tags().iterator().next();
      for (Listing.Row row :
          listing
              .list(Listing.Query.of(TENANT, Map.of("tags", List.of(first)), TAGGED_MAX))
              .rows()) {
        if (scope.includes(row.entity().id(), tags(row.summary()))) {
          ids.add(row.entity().id());
        }
      }
    }
    return ids;
  }

  private static List<String> tags(JsonNode summary) {
    List<String> tags = new ArrayList<>();
    summary.path("tags").forEach(tag -> tags.add(tag.asText()));
    return tags;
  }
}
