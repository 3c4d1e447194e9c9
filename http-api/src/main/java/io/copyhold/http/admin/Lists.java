package io.copyhold.http.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.journal.Mappers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** Lists over the directory: filters, search, order, facets and pages, the same for every kind. */
final class Lists {
  /** The query parameters of a list. */
  static final String[] PARAMETERS = {
    "filter", "q", "prefix", "sort", "limit", "cursor", "facet", "after"
  };

  private static final Pattern FIELD = Pattern.compile("[a-zA-Z][a-zA-Z0-9]{0,39}");
  private static final int FILTERS_MAX = 16;
  private static final int FACETS_MAX = 8;

  private final Listing listing;
  private final Access access;
  private final Duration afterMax;

  Lists(Listing listing, Access access, Duration afterMax) {
    this.listing = listing;
    this.access = access;
    this.afterMax = afterMax;
  }

  Answer list(Call call, String type) throws InterruptedException {
    Map<String, List<String>> filters = filters(call);
    Set<String> tenants = access.tenants(call.who());
    if (tenants != null) {
      boolean operations = type.equals(EntityRef.OPERATION);
      List<String> seen = tenants.stream().map(id -> operations ? "tenant/" + id : id).toList();
      filters.merge(
          operations ? "owner" : "id",
          seen,
          (asked, allowed) -> asked.stream().filter(allowed::contains).toList());
    }
    String sort = call.one("sort").orElse("id");
    boolean descending = sort.startsWith("-");
    String field = field(descending ? sort.substring(1) : sort, "sort");
    List<String> facets = new ArrayList<>();
    for (String facet : call.all("facet")) {
      facets.add(field(facet, "facet"));
    }
    if (facets.size() > FACETS_MAX) {
      throw Call.malformed("parameter-repeated", "at most " + FACETS_MAX + " facets", "facet");
    }
    Listing.Query query =
        new Listing.Query(
            type,
            filters,
            call.one("q").filter(text -> !text.isBlank()).orElse(null),
            call.one("prefix").orElse(null),
            field,
            descending,
            call.one("cursor").orElse(null),
            call.number("limit", 100, 1, 1_000),
            facets,
            call.one("after", "a position like tenant/acme@7", Listing.Position::parse)
                .orElse(null),
            afterMax);
    // No tenant at all is within the scope: the directory would read an empty list as "any".
    Listing.Page page =
        filters.values().stream().anyMatch(List::isEmpty)
            ? new Listing.Page(List.of(), null, 0, 0, true, Map.of())
            : listing.list(query);
    return Answer.json(200, tree(page));
  }

  /** {@code filter=state:active,failed}, several times: all of them. */
  private static Map<String, List<String>> filters(Call call) {
    Map<String, List<String>> filters = new LinkedHashMap<>();
    for (String filter : call.all("filter")) {
      int colon = filter.indexOf(':');
      if (colon < 0 || colon == filter.length() - 1) {
        throw Call.malformed(
            "parameter-malformed", "filter must be field:value or field:value,value", "filter");
      }
      List<String> values =
          List.of(filter.substring(colon + 1).split(",", -1)).stream()
              .filter(value -> !value.isEmpty())
              .toList();
      if (filters.put(field(filter.substring(0, colon), "filter"), values) != null) {
        throw Call.malformed(
            "parameter-repeated", "a field is filtered once: field:value,value", "filter");
      }
    }
    if (filters.size() > FILTERS_MAX) {
      throw Call.malformed("parameter-repeated", "at most " + FILTERS_MAX + " filters", "filter");
    }
    return filters;
  }

  private static String field(String name, String parameter) {
    if (!FIELD.matcher(name).matches()) {
      throw Call.malformed("parameter-malformed", "no field is named like this", parameter);
    }
    return name;
  }

  private static ObjectNode tree(Listing.Page page) {
    ObjectNode tree = Mappers.JSON.createObjectNode();
    ArrayNode items = tree.putArray("items");
    for (Listing.Row row : page.rows()) {
      items.add(
          Entries.named(row.entity(), row.version())
              .put("updatedAt", row.updatedAt().toString())
              .set("summary", row.summary()));
    }
    if (page.next() != null) {
      tree.put("next", page.next());
    }
    tree.put("total", page.total());
    tree.put("lagMs", page.lagMs());
    tree.put("upToDate", page.upToDate());
    if (!page.facets().isEmpty()) {
      tree.set("facets", Mappers.JSON.valueToTree(page.facets()));
    }
    return tree;
  }
}
