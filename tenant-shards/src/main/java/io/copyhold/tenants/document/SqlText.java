package io.copyhold.tenants.document;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Reads as much of an SQL expression as is needed to see which columns it names and whether it is
 * one expression. It knows literals, quoted names, dollar quotes and comments, not grammar.
 */
public final class SqlText {
  private SqlText() {}

  /** What a token is. */
  public enum Kind {
    WORD,
    QUOTED,
    LITERAL,
    COMMENT,
    SPACE,
    OTHER,
    /** A literal, a quoted name or a comment without its end. */
    BROKEN
  }

  /** A piece of the text; all of them together are the text. */
  public record Token(Kind kind, String text) {
    public boolean name() {
      return kind == Kind.WORD || kind == Kind.QUOTED;
    }

    /** As the catalog has it. */
    public String folded() {
      return kind == Kind.QUOTED
          ? text.substring(1, text.length() - 1).replace("\"\"", "\"")
          : text.toLowerCase(Locale.ROOT);
    }

    public boolean is(String other) {
      return text.equals(other);
    }
  }

  /** What keeps a text from being one expression, or empty. */
  static Optional<String> flaw(String sql) {
    return flaw(sql, false);
  }

  /** As {@link #flaw}, for a list of expressions. */
  static Optional<String> listFlaw(String sql) {
    return flaw(sql, true);
  }

  private static Optional<String> flaw(String sql, boolean list) {
    if (sql.indexOf('\0') >= 0) {
      return Optional.of("it holds a NUL character");
    }
    int open = 0;
    boolean content = false;
    for (Token token : tokens(sql)) {
      content |= token.kind() != Kind.SPACE && token.kind() != Kind.COMMENT;
      if (token.kind() == Kind.BROKEN) {
        return Optional.of("a quote or comment in it has no end");
      }
      if (token.kind() == Kind.COMMENT) {
        return Optional.of("it holds a comment");
      }
      if (token.is(";")) {
        return Optional.of("it holds a semicolon");
      }
      if (token.is(",") && open == 0 && !list) {
        return Optional.of("it holds a comma outside brackets");
      }
      open += token.is("(") || token.is("[") ? 1 : token.is(")") || token.is("]") ? -1 : 0;
      if (open < 0) {
        return Optional.of("it closes a bracket that it did not open");
      }
    }
    return open > 0
        ? Optional.of("a bracket in it is not closed")
        : content ? Optional.empty() : Optional.of("it is empty");
  }

  /** Whether a name stands where a column may: not as a function, a type, or a qualifier. */
  static boolean mentions(String sql, String column) {
    return columns(sql).contains(column);
  }

  static Set<String> columns(String sql) {
    List<Token> tokens = tokens(sql);
    Set<String> names = new LinkedHashSet<>();
    for (int i = 0; i < tokens.size(); i++) {
      if (column(tokens, i)) {
        names.add(tokens.get(i).folded());
      }
    }
    return names;
  }

  /** The same text with another name for a column. */
  static String renamed(String sql, String from, String to) {
    List<Token> tokens = tokens(sql);
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < tokens.size(); i++) {
      Token token = tokens.get(i);
      text.append(column(tokens, i) && token.folded().equals(from) ? written(to) : token.text());
    }
    return text.toString();
  }

  private static String written(String name) {
    return name.matches("[a-z_][a-z0-9_]*") ? name : '"' + name.replace("\"", "\"\"") + '"';
  }

  private static boolean column(List<Token> tokens, int at) {
    if (!tokens.get(at).name()) {
      return false;
    }
    int next = next(tokens, at, 1);
    int last = next(tokens, at, -1);
    boolean called = next >= 0 && (tokens.get(next).is("(") || tokens.get(next).is("."));
    boolean cast = last >= 0 && tokens.get(last).is("::");
    return !called && !cast;
  }

  private static int next(List<Token> tokens, int from, int step) {
    for (int i = from + step; i >= 0 && i < tokens.size(); i += step) {
      if (tokens.get(i).kind() != Kind.SPACE && tokens.get(i).kind() != Kind.COMMENT) {
        return i;
      }
    }
    return -1;
  }

  /** The whole text in pieces. */
  public static List<Token> tokens(String sql) {
    List<Token> tokens = new ArrayList<>();
    int at = 0;
    while (at < sql.length()) {
      int end = end(sql, at);
      Kind kind = kind(sql, at, end);
      tokens.add(new Token(kind, sql.substring(at, Math.abs(end))));
      at = Math.abs(end);
    }
    return tokens;
  }

  private static Kind kind(String sql, int at, int end) {
    char c = sql.charAt(at);
    if (end < 0) {
      return Kind.BROKEN;
    }
    if (Character.isWhitespace(c)) {
      return Kind.SPACE;
    }
    if (sql.startsWith("--", at) || sql.startsWith("/*", at)) {
      return Kind.COMMENT;
    }
    String text = sql.substring(at, end);
    if (c == '"') {
      return Kind.QUOTED;
    }
    if (c == '\'' || c == '$' && text.length() > 1 || Character.isDigit(c) || text.endsWith("'")) {
      return Kind.LITERAL;
    }
    return wordStart(c) ? Kind.WORD : Kind.OTHER;
  }

  /** Where the token that begins here ends; negative where the text ends before it does. */
  private static int end(String sql, int at) {
    char c = sql.charAt(at);
    if (Character.isWhitespace(c)) {
      int end = at;
      while (end < sql.length() && Character.isWhitespace(sql.charAt(end))) {
        end++;
      }
      return end;
    }
    if (sql.startsWith("--", at)) {
      int end = sql.indexOf('\n', at);
      return end < 0 ? sql.length() : end + 1;
    }
    if (sql.startsWith("/*", at)) {
      return comment(sql, at);
    }
    if (sql.startsWith("::", at)) {
      return at + 2;
    }
    if (c == '\'' || c == '"') {
      return quoted(sql, at, c, false);
    }
    if ((c == 'e' || c == 'E') && sql.startsWith("'", at + 1)) {
      return quoted(sql, at + 1, '\'', true);
    }
    if ((c == 'b' || c == 'B' || c == 'x' || c == 'X') && sql.startsWith("'", at + 1)) {
      return quoted(sql, at + 1, '\'', false);
    }
    if (c == '$') {
      return dollar(sql, at);
    }
    if (wordStart(c) || Character.isDigit(c)) {
      int end = at;
      while (end < sql.length()
          && (wordStart(sql.charAt(end))
              || Character.isDigit(sql.charAt(end))
              || sql.charAt(end) == '$')) {
        end++;
      }
      return end;
    }
    return at + 1;
  }

  private static boolean wordStart(char c) {
    return c == '_' || Character.isLetter(c) || c >= 0x80;
  }

  private static int quoted(String sql, int at, char quote, boolean escapes) {
    for (int i = at + 1; i < sql.length(); i++) {
      if (escapes && sql.charAt(i) == '\\') {
        i++;
      } else if (sql.charAt(i) == quote) {
        if (i + 1 < sql.length() && sql.charAt(i + 1) == quote) {
          i++;
        } else {
          return i + 1;
        }
      }
    }
    return -sql.length();
  }

  private static int comment(String sql, int at) {
    int depth = 0;
    for (int i = at; i + 1 < sql.length(); i++) {
      if (sql.startsWith("/*", i)) {
        depth++;
        i++;
      } else if (sql.startsWith("*/", i)) {
        depth--;
        i++;
        if (depth == 0) {
          return i + 1;
        }
      }
    }
    return -sql.length();
  }

  private static int dollar(String sql, int at) {
    int tagEnd = at + 1;
    while (tagEnd < sql.length()
        && (wordStart(sql.charAt(tagEnd))
            || tagEnd > at + 1 && Character.isDigit(sql.charAt(tagEnd)))) {
      tagEnd++;
    }
    if (tagEnd >= sql.length() || sql.charAt(tagEnd) != '$') {
      return at + 1;
    }
    String tag = sql.substring(at, tagEnd + 1);
    int end = sql.indexOf(tag, tagEnd + 1);
    return end < 0 ? -sql.length() : end + tag.length();
  }
}
