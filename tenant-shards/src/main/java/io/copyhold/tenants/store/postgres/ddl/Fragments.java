package io.copyhold.tenants.store.postgres.ddl;

import org.postgresql.core.Parser;

/**
 * Trusted pieces of SQL that stand in statements with bound values: PostgreSQL has operators with a
 * question mark, which the driver would take for a parameter.
 */
final class Fragments {
  private Fragments() {}

  /** The same with such operators escaped; what stands in quotes and comments is left. */
  static String bindable(String sql) {
    if (sql.indexOf('?') < 0) {
      return sql;
    }
    char[] text = sql.toCharArray();
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < text.length; i++) {
      int end =
          switch (text[i]) {
            case '\'' -> Parser.parseSingleQuotes(text, i, !escaped(text, i));
            case '"' -> Parser.parseDoubleQuotes(text, i);
            case '$' -> Parser.parseDollarQuotes(text, i);
            case '-' -> Parser.parseLineComment(text, i);
            case '/' -> Parser.parseBlockComment(text, i);
            default -> i;
          };
      end = Math.min(end, text.length - 1);
      out.append(text, i, end - i + 1);
      if (text[i] == '?') {
        out.append('?');
      }
      i = end;
    }
    return out.toString();
  }

  /** {@code E'…'} knows backslashes. */
  private static boolean escaped(char[] text, int quote) {
    return quote > 0
        && (text[quote - 1] == 'e' || text[quote - 1] == 'E')
        && (quote == 1 || !Character.isJavaIdentifierPart(text[quote - 2]));
  }
}
