package io.copyhold.http.admin;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.entity.Entities;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.tenants.changelog.SchemaVersion;
import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.pool.Pool;
import io.copyhold.tenants.tenant.Tenant;
import org.jspecify.annotations.Nullable;

/** Where the home of a tenant or a pool is, what it follows, and how far it is. */
record OwnHome(HomeRef home, String changelog, String version) {
  /**
   * @throws ProblemException there is no such owner, or it has no home of its own now
   */
  static OwnHome of(Call call, Entities entities, EntityRef owner) throws InterruptedException {
    JsonNode view = Kinds.view(call, entities, owner);
    OwnHome found =
        owner.type().equals(Pool.TYPE.name())
            ? of(Mappers.JSON.convertValue(view, Pool.class))
            : of(Mappers.JSON.convertValue(view, Tenant.class));
    boolean shared =
        found != null
            && found.home().isolation() == Isolation.POOL
            && !owner.type().equals(Pool.TYPE.name());
    if (found == null || shared) {
      throw new ProblemException(
          Problem.conflict("no-home", owner + " has no home of its own now")
              .at(owner.toString())
              .todo(found == null ? "look at its state" : "ask for pool/" + found.home().name()));
    }
    return found;
  }

  private static @Nullable OwnHome of(Pool pool) {
    return pool instanceof Pool.Open open
        ? new OwnHome(open.spec().home(), open.spec().target().changelog(), open.version())
        : null;
  }

  private static @Nullable OwnHome of(Tenant tenant) {
    return tenant instanceof Tenant.Live live
        ? new OwnHome(
            live.home().ref(),
            live.home().changelog(),
            live.home().version() == null ? SchemaVersion.NONE : live.home().version())
        : null;
  }
}
