package io.copyhold.tenants.document;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Names of PostgreSQL's types, and which holds all values of which. */
final class Types {
  private static final Map<String, String> ALIASES =
      Map.ofEntries(
          Map.entry("int", "integer"),
          Map.entry("int2", "smallint"),
          Map.entry("int4", "integer"),
          Map.entry("int8", "bigint"),
          Map.entry("serial2", "smallint"),
          Map.entry("smallserial", "smallint"),
          Map.entry("serial", "integer"),
          Map.entry("serial4", "integer"),
          Map.entry("serial8", "bigint"),
          Map.entry("bigserial", "bigint"),
          Map.entry("float4", "real"),
          Map.entry("float8", "double precision"),
          Map.entry("float", "double precision"),
          Map.entry("decimal", "numeric"),
          Map.entry("bool", "boolean"),
          Map.entry("varchar", "character varying"),
          Map.entry("char varying", "character varying"),
          Map.entry("bpchar", "character"),
          Map.entry("char", "character"),
          Map.entry("varbit", "bit varying"),
          Map.entry("timestamp", "timestamp without time zone"),
          Map.entry("timestamptz", "timestamp with time zone"),
          Map.entry("time", "time without time zone"),
          Map.entry("timetz", "time with time zone"));

  private static final List<String> WHOLE = List.of("smallint", "integer", "bigint", "numeric");
  private static final List<String> FLOATING = List.of("real", "double precision");
  private static final Pattern SIZED =
      Pattern.compile("([a-z_ ]+?) ?\\( ?([0-9]+) ?(?:, ?(-?[0-9]+) ?)?\\) ?([a-z ]*)");

  private static final String NAME = "(?:\"(?:[^\"]|\"\")+\"|[\\p{L}_][\\p{L}\\p{N}_$]*)";

  /** Types of several words are the standard's; all others have one, perhaps with a schema. */
  private static final Pattern FORM =
      Pattern.compile(
          "(?:(?:double precision|(?:national )?char(?:acter)?(?: varying)?|bit varying"
              + "|time(?:stamp)? ?(?:\\( ?[0-9] ?\\))? ?with(?:out)? time zone"
              + "|interval(?: [a-z]+(?: to [a-z]+)?)?)|"
              + NAME
              + "(?:\\."
              + NAME
              + ")?)(?: ?\\([\\p{L}\\p{N}_, -]*\\))?(?: ?\\[[0-9]*\\])*",
          Pattern.CASE_INSENSITIVE);

  private Types() {}

  /** As {@code format_type} writes it; names of other types are left as they are. */
  static String canonical(String type) {
    String text = type.strip();
    if (text.endsWith("[]")) {
      return canonical(text.substring(0, text.length() - 2)) + "[]";
    }
    if (text.indexOf('"') >= 0 || text.indexOf('.') >= 0) {
      return text;
    }
    String lower = text.toLowerCase(Locale.ROOT).replaceAll("\\s+", " ");
    Matcher matcher = SIZED.matcher(lower);
    if (!matcher.matches()) {
      String name = ALIASES.getOrDefault(lower, lower);
      return name.equals("character") ? "character(1)" : name;
    }
    String base = matcher.group(1).strip();
    String tail = matcher.group(4).strip();
    String name = ALIASES.getOrDefault(base, base);
    String length = matcher.group(2);
    String scale = name.equals("numeric") && matcher.group(3) == null ? "0" : matcher.group(3);
    String size = scale == null ? "(" + length + ")" : "(" + length + "," + scale + ")";
    if (name.startsWith("time")) {
      int space = name.indexOf(' ');
      String zone = tail.isEmpty() ? (space < 0 ? "" : name.substring(space)) : " " + tail;
      return (space < 0 ? name : name.substring(0, space)) + size + zone;
    }
    return name + size + (tail.isEmpty() ? "" : " " + tail);
  }

  /** What keeps a text from being the name of one type, or empty. */
  static Optional<String> flaw(String type) {
    return FORM.matcher(type.strip().replaceAll("\\s+", " ")).matches()
        ? Optional.empty()
        : Optional.of("'" + type + "' is not the name of one type");
  }

  /** True for the types that are short for an integer with a sequence of its own. */
  static boolean serial(String type) {
    return type.strip().toLowerCase(Locale.ROOT).matches("(small|big)?serial|serial[248]");
  }

  /** Whether every value of one is the same value in the other; both canonical. */
  static boolean holds(String wide, String narrow) {
    if (wide.equals(narrow)) {
      return true;
    }
    if (wide.equals("text")) {
      return narrow.startsWith("character varying") && !narrow.endsWith("[]");
    }
    if (WHOLE.contains(wide) && WHOLE.contains(narrow)) {
      return WHOLE.indexOf(wide) > WHOLE.indexOf(narrow);
    }
    if (FLOATING.contains(wide) && FLOATING.contains(narrow)) {
      return FLOATING.indexOf(wide) > FLOATING.indexOf(narrow);
    }
    int[] a = sizes(wide);
    int[] b = sizes(narrow);
    String base = base(wide);
    if (!base.equals(base(narrow)) || wide.endsWith("[]") || narrow.endsWith("[]")) {
      return false;
    }
    return switch (base) {
      case "character varying", "bit varying" ->
          a.length == 0 || b.length == 1 && a.length == 1 && a[0] >= b[0];
      case "numeric" ->
          a.length == 0
              || a.length == 2 && b.length == 2 && a[1] >= b[1] && a[0] - a[1] >= b[0] - b[1];
      case "timestamp with time zone",
          "timestamp without time zone",
          "time with time zone",
          "time without time zone" ->
          a.length == 0 || b.length == 1 && a[0] >= b[0];
      default -> false;
    };
  }

  /** Whether values of the first are stored as they would be in the second, without a check. */
  static boolean sameBytes(String from, String to) {
    boolean text = to.equals("text") || to.startsWith("character varying");
    return from.equals(to)
        || text && (from.equals("text") || from.startsWith("character varying")) && holds(to, from)
        || to.equals("character varying") && from.equals("text")
        || from.startsWith("numeric") && to.startsWith("numeric") && scaled(from, to)
        || from.startsWith("time") && base(from).equals(base(to)) && holds(to, from)
        || from.startsWith("bit varying") && holds(to, from);
  }

  /** A numeric keeps its bytes when digits are added before the point alone. */
  private static boolean scaled(String from, String to) {
    int[] a = sizes(from);
    int[] b = sizes(to);
    return b.length == 0 || a.length == 2 && b.length == 2 && a[1] == b[1] && b[0] >= a[0];
  }

  private static String base(String type) {
    return type.replaceAll("\\(.*?\\)", "").strip();
  }

  private static int[] sizes(String type) {
    int open = type.indexOf('(');
    int close = type.indexOf(')');
    if (open < 0 || close < open) {
      return new int[0];
    }
    String[] parts = type.substring(open + 1, close).split(",", -1);
    int[] sizes = new int[parts.length];
    for (int i = 0; i < parts.length; i++) {
      try {
        sizes[i] = Integer.parseInt(parts[i].strip());
      } catch (NumberFormatException e) {
        return new int[0];
      }
    }
    return sizes;
  }
}
