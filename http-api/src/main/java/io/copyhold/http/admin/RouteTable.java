package io.copyhold.http.admin;

import io.copyhold.http.auth.Permission;
import io.copyhold.http.auth.Permissions;
import io.copyhold.runtime.Problem;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * All routes of a node, each with its permission. It refuses to come into being with a route that
 * has none.
 */
public final class RouteTable {
  private record Row(Route route, @Nullable Permission permission) {}

  private final List<Row> rows;

  /**
   * @param metricsOpen whether {@code /metrics} needs no token
   */
  public RouteTable(Collection<Route> routes, boolean metricsOpen) {
    this(routes, metricsOpen, Map.of());
  }

  /**
   * @param more what routes ask for that {@link Permissions} does not know, by name of the route
   */
  public RouteTable(Collection<Route> routes, boolean metricsOpen, Map<String, Permission> more) {
    this.rows =
        routes.stream()
            .sorted(Comparator.comparingInt(Route::placeholders))
            .map(route -> {
              Permission extra = more.get(route.name());
              Permission permission = extra == null ? Permissions.of(route.name()) : extra;
              boolean open = metricsOpen && permission == Permission.METRICS_READ;
              return new Row(route, open ? null : permission);
            })
            .toList();
    TreeSet<String> twice = new TreeSet<>();
    for (Row row : rows) {
      if (!twice.add(row.route.name())) {
        throw new IllegalArgumentException("two routes " + row.route.name());
      }
    }
  }

  public List<Route> routes() {
    return rows.stream().map(Row::route).toList();
  }

  /**
   * @throws HttpProblem when there is no such path, or it does not know the method
   */
  Route.Match find(String method, List<String> segments, String path) {
    TreeSet<String> others = new TreeSet<>();
    for (Row row : rows) {
      Map<String, String> values = row.route.match(segments);
      if (values != null) {
        if (row.route.method().equals(method)) {
          return new Route.Match(row.route, row.permission, values);
        }
        others.add(row.route.method());
      }
    }
    if (others.isEmpty()) {
      throw new HttpProblem(
          404,
          Problem.notFound("route-unknown", "there is no such resource")
              .at(path)
              .todo("look at /v1/openapi.yaml for what there is"),
          Map.of());
    }
    String allow = String.join(", ", others);
    throw new HttpProblem(
        405,
        Problem.invalid("method-not-allowed", "this resource does not know " + method)
            .at(path)
            .todo("it knows " + allow),
        Map.of("Allow", Objects.requireNonNull(allow)));
  }
}
