package io.copyhold.http.admin;

import io.copyhold.tenants.changelog.Target;
import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.store.Drift;
import io.copyhold.tenants.store.SchemaVersions;

/**
 * Port to what homes look like. Blocks; throws a {@link io.copyhold.runtime.ProblemException} when
 * a store cannot be read.
 */
public interface Shapes {
  /** What somebody has changed in a home beside its changelog. */
  Drift drift(HomeRef home);

  /** Which versions clients may speak. */
  SchemaVersions versions(HomeRef home);

  /**
   * What the document of the target's version would do in a home that is at the version before, for
   * people.
   */
  String plan(HomeRef home, Target target);
}
