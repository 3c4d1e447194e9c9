package io.copyhold.http.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The commands that read any kind of thing: list, show, history, diff. */
final class Reading {
  private Reading() {}

  @Command(description = "Lists them, by page or all.", mixinStandardHelpOptions = true)
  static final class ListCommand extends ApiCommand {
    private final String path;
    private final List<String> columns;

    @Option(
        names = "--filter",
        paramLabel = "FIELD:VALUE[,VALUE]",
        description = "Only those; several must all hold.")
    private List<String> filters = new ArrayList<>();

    @Option(names = "--search", paramLabel = "WORDS", description = "In ids, names and tags.")
    private @Nullable String search;

    @Option(names = "--prefix", description = "How the id begins.")
    private @Nullable String prefix;

    @Option(
        names = "--sort",
        paramLabel = "FIELD",
        description = "A minus before it turns it round.")
    private @Nullable String sort;

    @Option(names = "--limit", description = "Rows at most (default: ${DEFAULT-VALUE}).")
    private int limit = 100;

    @Option(names = "--facet", paramLabel = "FIELD", description = "Count its values.")
    private List<String> facets = new ArrayList<>();

    @Option(
        names = "--after",
        paramLabel = "TYPE/ID@VERSION",
        description = "Wait until the list contains this change.")
    private @Nullable String after;

    /**
     * @param columns fields of the summary after the id
     */
    ListCommand(String path, String... columns) {
      this.path = path;
      this.columns = List.of(columns);
    }

    @Override
    int run(Client client) throws Trouble, InterruptedException {
      ArrayNode items = object().putArray("items");
      JsonNode page = fetch(client, null);
      page.path("items").forEach(items::add);
      while (page.hasNonNull("next") && items.size() < limit) {
        page = fetch(client, page.get("next").asText());
        page.path("items").forEach(items::add);
      }
      if (json()) {
        ObjectNode whole = page.deepCopy();
        whole.set("items", items);
        print(whole);
        return ExitStatus.OK;
      }
      List<String> head = new ArrayList<>(List.of("id"));
      head.addAll(columns);
      Table table = new Table(head);
      for (JsonNode item : items) {
        List<String> row = new ArrayList<>(List.of(item.path("id").asText()));
        columns.forEach(column -> row.add(Table.cell(item.path("summary").path(column))));
        table.row(row);
      }
      table.print(out());
      long total = page.path("total").asLong();
      if (total > items.size()) {
        out().println("(" + items.size() + " of " + total + "; see more with --limit)");
      }
      page.path("facets")
          .properties()
          .forEach(facet ->
              out().println(facet.getKey() + ": " + facet.getValue().toString().replace("\"", "")));
      if (!page.path("upToDate").asBoolean(true)) {
        err().println("copyhold: the list does not yet contain " + after);
      }
      return ExitStatus.OK;
    }

    private JsonNode fetch(Client client, @Nullable String cursor)
        throws Trouble, InterruptedException {
      StringBuilder query = new StringBuilder("?limit=" + Math.clamp(limit, 1, 1_000));
      filters.forEach(filter -> query.append("&filter=").append(encode(filter)));
      facets.forEach(facet -> query.append("&facet=").append(encode(facet)));
      add(query, "q", search);
      add(query, "prefix", prefix);
      add(query, "sort", sort);
      add(query, "after", after);
      add(query, "cursor", cursor);
      return client.get(path + query).body();
    }

    private static void add(StringBuilder query, String name, @Nullable String value) {
      if (value != null) {
        query.append('&').append(name).append('=').append(encode(value));
      }
    }
  }

  @Command(description = "Shows its state, now or as it was.")
  static final class ShowCommand extends ApiCommand {
    private final String path;

    @Option(
        names = {"-h", "--help"},
        usageHelp = true,
        description = "Show this help message and exit.")
    @SuppressWarnings("UnusedVariable") // picocli looks at it
    private boolean help;

    @Parameters(paramLabel = "ID")
    private String id = "";

    @Option(names = "--version", paramLabel = "N", description = "As it was at this version.")
    private @Nullable Long version;

    @Option(names = "--at", paramLabel = "TIME", description = "As it was at 2026-11-21T12:00:00Z.")
    private @Nullable String at;

    ShowCommand(String path) {
      this.path = path;
    }

    @Override
    int run(Client client) throws Trouble, InterruptedException {
      String query =
          version != null ? "?version=" + version : at != null ? "?at=" + encode(at) : "";
      JsonNode body = client.get(path + "/" + encodeParts(id) + query).body();
      if (json()) {
        print(body);
      } else {
        out()
            .println(
                body.path("type").asText()
                    + "/"
                    + body.path("id").asText()
                    + " version "
                    + body.path("version").asText()
                    + (body.has("at") ? " at " + body.path("at").asText() : ""));
        Table.tree(out(), body.path("state"), "  ");
      }
      return ExitStatus.OK;
    }
  }

  @Command(description = "Prints what happened to it.", mixinStandardHelpOptions = true)
  static final class HistoryCommand extends ApiCommand {
    private final String path;

    @Parameters(paramLabel = "ID")
    private String id = "";

    @Option(names = "--from", paramLabel = "N", description = "First version (default: 1).")
    private long from = 1;

    @Option(names = "--limit", description = "Events at most (default: ${DEFAULT-VALUE}).")
    private int limit = 100;

    @Option(names = "--events", description = "With the events themselves.")
    private boolean events;

    HistoryCommand(String path) {
      this.path = path;
    }

    @Override
    int run(Client client) throws Trouble, InterruptedException {
      JsonNode body =
          client
              .get(
                  path
                      + "/"
                      + encodeParts(id)
                      + "/history?from="
                      + from
                      + "&limit="
                      + Math.clamp(limit, 1, 1_000))
              .body();
      if (json()) {
        print(body);
        return ExitStatus.OK;
      }
      Table table = new Table(List.of("version", "at", "event", "by"));
      for (JsonNode event : body.path("events")) {
        table.row(
            List.of(
                event.path("version").asText(),
                event.path("at").asText(),
                event.path("name").asText(),
                event.path("principal").asText()));
      }
      table.print(out());
      if (events) {
        for (JsonNode event : body.path("events")) {
          out().println(event.path("version").asText() + " " + event.path("event"));
        }
      }
      if (body.has("next")) {
        out().println("(more with --from " + body.path("next").asText() + ")");
      }
      return ExitStatus.OK;
    }
  }

  @Command(
      description = "Prints what differs between two versions.",
      mixinStandardHelpOptions = true)
  static final class DiffCommand extends ApiCommand {
    private final String path;

    @Parameters(index = "0", paramLabel = "ID")
    private String id = "";

    @Parameters(index = "1", paramLabel = "FROM", description = "A version; 0 is before all.")
    private long from;

    @Parameters(index = "2", paramLabel = "TO", description = "A version.")
    private long to;

    DiffCommand(String path) {
      this.path = path;
    }

    @Override
    int run(Client client) throws Trouble, InterruptedException {
      JsonNode body =
          client.get(path + "/" + encodeParts(id) + "/diff?from=" + from + "&to=" + to).body();
      if (json()) {
        print(body);
        return ExitStatus.OK;
      }
      Table table = new Table(List.of("path", "from", "to"));
      for (JsonNode change : body.path("changes")) {
        table.row(
            List.of(
                change.path("path").asText(),
                Table.cell(change.path("from")),
                Table.cell(change.path("to"))));
      }
      table.print(out());
      return ExitStatus.OK;
    }
  }
}
