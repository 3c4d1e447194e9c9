package io.copyhold.http.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Columns of text, as wide as what stands in them. */
final class Table {
  private static final int CELL_MAX = 60;

  private final List<String> head;
  private final List<List<String>> rows = new ArrayList<>();

  Table(List<String> head) {
    this.head = head.stream().map(word -> word.toUpperCase(Locale.ROOT)).toList();
  }

  void row(List<String> cells) {
    rows.add(cells.stream().map(Table::cut).toList());
  }

  void print(PrintWriter out) {
    int[] widths = new int[head.size()];
    for (int i = 0; i < widths.length; i++) {
      widths[i] = head.get(i).length();
      for (List<String> row : rows) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    line(out, head, widths);
    rows.forEach(row -> line(out, row, widths));
  }

  private static void line(PrintWriter out, List<String> cells, int[] widths) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < cells.size(); i++) {
      text.append(cells.get(i));
      if (i < cells.size() - 1) {
        text.repeat(' ', widths[i] - cells.get(i).length() + 2);
      }
    }
    out.println(text.toString().stripTrailing());
  }

  /** A value in one cell: words as they are, arrays joined. */
  static String cell(JsonNode value) {
    if (value.isMissingNode() || value.isNull()) {
      return "";
    }
    if (value.isArray()) {
      List<String> words = new ArrayList<>();
      value.forEach(word -> words.add(cell(word)));
      return String.join(",", words);
    }
    return value.isValueNode() ? value.asText() : value.toString();
  }

  /** A tree as indented lines. */
  static void tree(PrintWriter out, JsonNode node, String indent) {
    if (node.isObject()) {
      node.properties()
          .forEach(field -> {
            JsonNode value = field.getValue();
            if (value.isValueNode() || value.isEmpty()) {
              out.println(indent + field.getKey() + ": " + cell(value));
            } else {
              out.println(indent + field.getKey() + ":");
              tree(out, value, indent + "  ");
            }
          });
    } else if (node.isArray()) {
      for (JsonNode item : node) {
        if (item.isValueNode()) {
          out.println(indent + "- " + cell(item));
        } else {
          out.println(indent + "-");
          tree(out, item, indent + "  ");
        }
      }
    } else {
      out.println(indent + cell(node));
    }
  }

  private static String cut(String text) {
    String line = text.replaceAll("\\p{Cntrl}", " ");
    return line.length() > CELL_MAX ? line.substring(0, CELL_MAX - 1) + "…" : line;
  }
}
