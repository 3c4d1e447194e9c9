package io.copyhold.http.admin;

import io.copyhold.http.auth.Permission;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * One method of one resource.
 *
 * @param path {@code /v1/tenants/{id}}
 * @param parameters query parameters it knows; any other is refused, for a misspelt {@code dryRun}
 *     must not act
 * @param changes whether it is a command: takes {@code If-Match}, {@code Idempotency-Key} and
 *     {@code ?dryRun}
 * @param bodyBytesMax 0 when it takes no body
 */
public record Route(
    String method,
    String path,
    Set<String> parameters,
    boolean changes,
    int bodyBytesMax,
    Handler handler) {

  /** Parses, asks once, and maps the reply. Runs on a thread of its own and may block. */
  public interface Handler {
    Answer handle(Call call) throws Exception;
  }

  public Route {
    parameters = java.util.Collections.unmodifiableSet(new TreeSet<>(parameters));
  }

  public static Route get(String path, Handler handler) {
    return new Route("GET", path, Set.of(), false, 0, handler);
  }

  /** A command without a body. */
  public static Route command(String method, String path, Handler handler) {
    return new Route(method, path, Set.of("dryRun"), true, 0, handler);
  }

  /** The same by another method: one that reads, and takes a body to say what. */
  Route as(String other) {
    return new Route(other, path, parameters, changes, bodyBytesMax, handler);
  }

  /** Names query parameters. */
  public Route taking(String... names) {
    Set<String> all = new TreeSet<>(parameters);
    all.addAll(List.of(names));
    return new Route(method, path, all, changes, bodyBytesMax, handler);
  }

  public Route withBody(int bytesMax) {
    return new Route(method, path, parameters, changes, bytesMax, handler);
  }

  /** {@code GET /v1/tenants/{id}}: how the tables of permissions and the contract name it. */
  public String name() {
    return method + " " + path;
  }

  /** The values in the path, or null when it is another path. */
  @Nullable Map<String, String> match(List<String> segments) {
    List<String> template = segments(path);
    if (template.size() != segments.size()) {
      return null;
    }
    Map<String, String> values = new LinkedHashMap<>();
    for (int i = 0; i < template.size(); i++) {
      String wanted = template.get(i);
      if (wanted.startsWith("{")) {
        values.put(wanted.substring(1, wanted.length() - 1), segments.get(i));
      } else if (!wanted.equals(segments.get(i))) {
        return null;
      }
    }
    return values;
  }

  /** Placeholders in the path: of two that match, the one with fewer wins. */
  int placeholders() {
    return (int) path.chars().filter(c -> c == '{').count();
  }

  private static List<String> segments(String path) {
    List<String> segments = new ArrayList<>(List.of(path.split("/", -1)));
    segments.removeFirst();
    return segments;
  }

  /** A route and what its path holds. */
  record Match(Route route, @Nullable Permission permission, Map<String, String> values) {}
}
