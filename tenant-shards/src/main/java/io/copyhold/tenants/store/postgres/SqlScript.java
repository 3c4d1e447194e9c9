package io.copyhold.tenants.store.postgres;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * A file cut into its statements, by PostgreSQL's lexical rules: quotes, dollar quotes, nested
 * comments, bodies of SQL-standard functions. Used to run them one by one, so that an error has its
 * line, and to refuse what must not stand in a script.
 */
record SqlScript(String sql, List<Part> parts) {
  /** Words kept of a statement; whatever is refused shows in its first ones. */
  private static final int WORDS_MAX = 12;

  /**
   * One statement.
   *
   * @param text without the semicolon
   * @param offset of its first character in the file
   * @param words its first words outside quotes, upper case
   */
  record Part(String text, int offset, List<String> words) {
    boolean starts(String... first) {
      return words.size() >= first.length && words.subList(0, first.length).equals(List.of(first));
    }
  }

  static SqlScript parse(String sql) {
    return new SqlScript(sql, new Lexer(sql).parts());
  }

  /** Line of a character of the file, from 1. */
  int line(int offset) {
    return 1
        + (int)
            sql.substring(0, Math.min(offset, sql.length())).chars().filter(c -> c == '\n').count();
  }

  /** Column of a character of the file, from 1. */
  int column(int offset) {
    int end = Math.min(offset, sql.length());
    return end - sql.lastIndexOf('\n', end - 1);
  }

  /** A statement that must not stand in a script, with the reason. */
  record Refusal(Part part, String reason) {}

  /** The first statement that would end the transaction, change the role, or cannot run here. */
  Optional<Refusal> refusal() {
    for (Part part : parts) {
      Optional<String> reason = reason(part);
      if (reason.isPresent()) {
        return Optional.of(new Refusal(part, reason.get()));
      }
    }
    return Optional.empty();
  }

  private static final Set<String> TRANSACTION =
      Set.of("BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE");

  private static final Set<String> ALONE =
      Set.of("VACUUM", "CLUSTER", "CHECKPOINT", "LISTEN", "UNLISTEN", "DISCARD", "LOAD");

  private static Optional<String> reason(Part part) {
    if (part.text().startsWith("\\")) {
      return Optional.of("is a command of psql, not SQL");
    }
    if (part.words().isEmpty()) {
      return Optional.empty();
    }
    String first = part.words().getFirst();
    if (TRANSACTION.contains(first) || part.starts("PREPARE", "TRANSACTION")) {
      return Optional.of("controls the transaction; the file runs in one of its own");
    }
    if (part.words().contains("CONCURRENTLY") && !first.equals("REFRESH")) {
      return Optional.of(
          "cannot run in a transaction; put it alone into a file that begins with "
              + io.copyhold.tenants.store.Script.NO_TRANSACTION);
    }
    if (ALONE.contains(first)
        || part.starts("ALTER", "SYSTEM")
        || ((first.equals("CREATE") || first.equals("DROP") || first.equals("ALTER"))
            && part.words().size() > 1
            && Set.of("DATABASE", "TABLESPACE", "ROLE", "USER", "SUBSCRIPTION")
                .contains(part.words().get(1))
            && !part.starts(first, "USER", "MAPPING"))) {
      return Optional.of("reaches beyond the home");
    }
    if (changesRole(part)) {
      return Optional.of("changes the role or a setting that isolation stands on");
    }
    if (first.equals("COPY")
        && (part.words().contains("STDIN") || part.words().contains("STDOUT"))) {
      return Optional.of("needs a client's data stream; use INSERT");
    }
    return Optional.empty();
  }

  private static boolean changesRole(Part part) {
    List<String> words = part.words();
    if (words.getFirst().equals("RESET")) {
      return words.size() > 1
          && Set.of("ROLE", "ALL", "SESSION", "COPYHOLD").contains(words.get(1));
    }
    if (!words.getFirst().equals("SET")) {
      return false;
    }
    int at = words.size() > 1 && Set.of("LOCAL", "SESSION").contains(words.get(1)) ? 2 : 1;
    return words.size() > at
        && Set.of(
                "ROLE",
                "AUTHORIZATION",
                "COPYHOLD",
                "CHARACTERISTICS",
                "TRANSACTION",
                "ROW_SECURITY")
            .contains(words.get(at));
  }

  /** Scans once from left to right. */
  private static final class Lexer {
    private final String sql;
    private final List<Part> parts = new ArrayList<>();
    private final List<String> words = new ArrayList<>();
    private int at;
    private int start = -1;
    private int parentheses;
    private int atomic;
    private boolean routine;
    private String last = "";

    Lexer(String sql) {
      this.sql = sql;
    }

    List<Part> parts() {
      while (at < sql.length()) {
        char c = sql.charAt(at);
        if (Character.isWhitespace(c)) {
          at++;
        } else if (sql.startsWith("--", at)) {
          int end = sql.indexOf('\n', at);
          at = end < 0 ? sql.length() : end;
        } else if (sql.startsWith("/*", at)) {
          comment();
        } else {
          if (start < 0 && c != ';') {
            start = at;
          }
          token(c);
        }
      }
      end(sql.length());
      return List.copyOf(parts);
    }

    private void token(char c) {
      if (c == '\'') {
        quoted('\'', last.equals("E") && at > 0 && (sql.charAt(at - 1) | 32) == 'e');
        last = "";
      } else if (c == '"') {
        quoted('"', false);
        last = "";
      } else if (c == '$' && dollar()) {
        last = "";
      } else if (Character.isLetter(c) || c == '_') {
        word();
      } else if (c == ';' && parentheses == 0 && atomic == 0) {
        end(at);
        at++;
      } else if (c == '\\' && start == at) {
        int end = sql.indexOf('\n', at); // psql's commands end with their line
        at = end < 0 ? sql.length() : end;
        end(at);
      } else {
        parentheses += c == '(' ? 1 : c == ')' && parentheses > 0 ? -1 : 0;
        at++;
        last = "";
      }
    }

    private void word() {
      int from = at;
      while (at < sql.length()
          && (Character.isLetterOrDigit(sql.charAt(at))
              || sql.charAt(at) == '_'
              || sql.charAt(at) == '$')) {
        at++;
      }
      String word = sql.substring(from, at).toUpperCase(Locale.ROOT);
      if (words.size() < WORDS_MAX) {
        words.add(word);
      }
      if (words.size() <= 4
          && words.getFirst().equals("CREATE")
          && (word.equals("FUNCTION") || word.equals("PROCEDURE"))) {
        routine = true;
      }
      if (routine) {
        if (word.equals("ATOMIC") && last.equals("BEGIN")) {
          atomic++;
        } else if (atomic > 0 && word.equals("CASE")) {
          atomic++;
        } else if (atomic > 0 && word.equals("END")) {
          atomic--;
        }
      }
      last = word;
    }

    private void comment() {
      int depth = 0;
      do {
        if (sql.startsWith("/*", at)) {
          depth++;
          at += 2;
        } else if (sql.startsWith("*/", at)) {
          depth--;
          at += 2;
        } else {
          at++;
        }
      } while (depth > 0 && at < sql.length());
    }

    private void quoted(char quote, boolean backslashes) {
      at++;
      while (at < sql.length()) {
        char c = sql.charAt(at);
        if (backslashes && c == '\\') {
          at += 2;
        } else if (c == quote) {
          at++;
          if (at >= sql.length() || sql.charAt(at) != quote) {
            return;
          }
          at++;
        } else {
          at++;
        }
      }
      at = Math.min(at, sql.length());
    }

    private boolean dollar() {
      int end = at + 1;
      while (end < sql.length()
          && (Character.isLetterOrDigit(sql.charAt(end)) || sql.charAt(end) == '_')) {
        end++;
      }
      if (end >= sql.length() || sql.charAt(end) != '$' || Character.isDigit(sql.charAt(at + 1))) {
        return false;
      }
      String tag = sql.substring(at, end + 1);
      int close = sql.indexOf(tag, end + 1);
      at = close < 0 ? sql.length() : close + tag.length();
      return true;
    }

    private void end(int to) {
      if (start >= 0 && start < to) {
        parts.add(new Part(sql.substring(start, to), start, List.copyOf(words)));
      }
      words.clear();
      start = -1;
      parentheses = 0;
      atomic = 0;
      routine = false;
      last = "";
    }
  }
}
