package io.copyhold.tenants.store.postgres.expand;

import static io.copyhold.runtime.postgres.Identifiers.quote;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * An SQL expression of a document, read as far as names go: which columns it mentions, and the same
 * over other names. Strings, quoted names, dollar quotes and comments are told apart; the grammar
 * is the server's affair.
 */
record Fragment(String text) {
  private record Name(int from, int to, String name, boolean quoted) {}

  /**
   * Which of these names occur in it; a table or function of that name counts too, which does no
   * harm.
   */
  Set<String> mentioned(Set<String> names) {
    Set<String> found = new TreeSet<>();
    for (Name name : scan().names()) {
      if (names.contains(name.name())) {
        found.add(name.name());
      }
    }
    return found;
  }

  /**
   * The same with columns called otherwise; calls of functions, types and keys of the map alone
   * stay.
   */
  String renamed(Map<String, String> columns) {
    StringBuilder sql = new StringBuilder();
    int at = 0;
    for (Name name : scan().names()) {
      String other = columns.get(name.name());
      if (other == null || other.equals(name.name()) || call(name) || type(name)) {
        continue;
      }
      sql.append(text, at, name.from()).append(quote(other));
      at = name.to();
    }
    return sql.append(text, at, text.length()).toString();
  }

  /**
   * False when it holds more than one expression: a statement's end, or parentheses that do not
   * match.
   */
  boolean single() {
    return scan().whole();
  }

  private boolean call(Name name) {
    int at = name.to();
    while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
      at++;
    }
    return at < text.length() && text.charAt(at) == '(' && !name.quoted();
  }

  private boolean type(Name name) {
    return text.substring(0, name.from()).stripTrailing().endsWith("::");
  }

  private record Scan(List<Name> names, boolean whole) {}

  private Scan scan() {
    List<Name> names = new ArrayList<>();
    boolean whole = true;
    int depth = 0;
    int at = 0;
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c == '\'') {
        boolean escapes =
            at > 0
                && (text.charAt(at - 1) == 'e' || text.charAt(at - 1) == 'E')
                && (at == 1 || !part(text.charAt(at - 2)));
        int end = close(at + 1, '\'', escapes);
        whole &= end > 0;
        at = end < 0 ? text.length() : end;
      } else if (c == '"') {
        int end = close(at + 1, '"', false);
        whole &= end > 0;
        int to = end < 0 ? text.length() : end;
        if (end > 0) {
          names.add(new Name(at, to, text.substring(at + 1, to - 1).replace("\"\"", "\""), true));
        }
        at = to;
      } else if (text.startsWith("--", at)) {
        int end = text.indexOf('\n', at);
        whole &= end > 0; // it would hide what follows the expression
        at = end < 0 ? text.length() : end;
      } else if (text.startsWith("/*", at)) {
        int end = text.indexOf("*/", at + 2);
        whole &= end > 0;
        at = end < 0 ? text.length() : end + 2;
      } else if (c == '$' && dollar(at) > 0) {
        at = dollar(at);
      } else if (Character.isLetter(c) || c == '_') {
        int end = at;
        while (end < text.length() && part(text.charAt(end))) {
          end++;
        }
        names.add(new Name(at, end, text.substring(at, end).toLowerCase(Locale.ROOT), false));
        at = end;
      } else if (Character.isDigit(c)) {
        while (at < text.length() && (part(text.charAt(at)) || text.charAt(at) == '.')) {
          at++;
        }
      } else {
        depth += c == '(' || c == '[' ? 1 : c == ')' || c == ']' ? -1 : 0;
        whole &= depth >= 0 && c != ';';
        at++;
      }
    }
    return new Scan(names, whole && depth == 0);
  }

  private static boolean part(char c) {
    return Character.isLetterOrDigit(c) || c == '_' || c == '$';
  }

  /** Index after the closing quote, or -1. */
  private int close(int from, char quote, boolean escapes) {
    int at = from;
    while (at < text.length()) {
      char c = text.charAt(at);
      if (escapes && c == '\\') {
        at += 2;
      } else if (c == quote) {
        if (at + 1 < text.length() && text.charAt(at + 1) == quote) {
          at += 2;
        } else {
          return at + 1;
        }
      } else {
        at++;
      }
    }
    return -1;
  }

  /** Index after a dollar-quoted string that begins here, or -1. */
  private int dollar(int from) {
    int end = from + 1;
    while (end < text.length() && part(text.charAt(end)) && text.charAt(end) != '$') {
      end++;
    }
    if (end >= text.length()
        || text.charAt(end) != '$'
        || Character.isDigit(text.charAt(from + 1))) {
      return -1;
    }
    String tag = text.substring(from, end + 1);
    int close = text.indexOf(tag, end + 1);
    return close < 0 ? text.length() : close + tag.length();
  }
}
