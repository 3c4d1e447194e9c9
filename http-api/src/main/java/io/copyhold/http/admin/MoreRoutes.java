package io.copyhold.http.admin;

import io.copyhold.http.auth.Permission;
import java.util.List;
import java.util.Map;

/** Routes that a module above this one adds to the admin API. */
public interface MoreRoutes {
  /**
   * @param bodyBytesMax the limit of an ordinary body
   */
  List<Route> routes(Resource.Shared shared, int bodyBytesMax);

  /** What each of them asks for, by {@link Route#name}. */
  Map<String, Permission> permissions();

  /** Their part of the contract: OpenAPI in YAML, with tags, paths and components of its own. */
  String contract();
}
