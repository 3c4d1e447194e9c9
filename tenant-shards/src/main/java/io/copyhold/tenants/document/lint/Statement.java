package io.copyhold.tenants.document.lint;

import io.copyhold.tenants.document.SqlText;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * One statement of a script.
 *
 * @param text its words in upper case with one space between, quoted names in quotes as they are,
 *     literals as {@code ''}
 * @param names all names in it, as they are written
 * @param source as it is written
 */
record Statement(String text, List<String> names, String source) {

  static List<Statement> of(String script) {
    List<Statement> statements = new ArrayList<>();
    List<SqlText.Token> open = new ArrayList<>();
    int depth = 0;
    boolean body = false;
    for (SqlText.Token token : SqlText.tokens(script)) {
      depth += token.is("(") ? 1 : token.is(")") ? -1 : 0;
      if (token.kind() == SqlText.Kind.WORD) {
        body =
            token.text().equalsIgnoreCase("atomic")
                || body && !token.text().equalsIgnoreCase("end");
      }
      if (token.is(";") && depth <= 0 && !body) {
        close(open, statements);
      } else {
        open.add(token);
      }
    }
    close(open, statements);
    return statements;
  }

  private static void close(List<SqlText.Token> open, List<Statement> statements) {
    StringBuilder text = new StringBuilder();
    StringBuilder source = new StringBuilder();
    List<String> names = new ArrayList<>();
    for (SqlText.Token token : open) {
      if (token.kind() != SqlText.Kind.COMMENT) {
        source.append(token.text());
      }
      String word =
          switch (token.kind()) {
            case WORD -> token.text().toUpperCase(Locale.ROOT);
            case QUOTED -> '"' + token.folded().replace(' ', '_') + '"';
            case LITERAL ->
                token.text().endsWith("'") || token.text().endsWith("$") ? "''" : token.text();
            case OTHER, BROKEN -> token.text();
            case SPACE, COMMENT -> "";
          };
      if (!word.isEmpty()) {
        text.append(text.isEmpty() ? "" : " ").append(word);
      }
      if (token.name()) {
        names.add(token.folded());
      }
    }
    open.clear();
    if (!text.isEmpty()) {
      statements.add(
          new Statement(text.toString(), names, source.toString().strip().replaceAll("\\s+", " ")));
    }
  }

  /** Pieces of a text between commas outside brackets. */
  static List<String> pieces(String text) {
    List<String> pieces = new ArrayList<>();
    StringBuilder piece = new StringBuilder();
    int depth = 0;
    for (String word : text.split(" ", -1)) {
      depth += word.equals("(") ? 1 : word.equals(")") ? -1 : 0;
      if (word.equals(",") && depth == 0) {
        pieces.add(piece.toString().strip());
        piece.setLength(0);
      } else {
        piece.append(word).append(' ');
      }
    }
    pieces.add(piece.toString().strip());
    return pieces;
  }

  /** A name as the catalog has it, without its schema. */
  static String folded(String written) {
    String last =
        written.substring(written.lastIndexOf(". ") < 0 ? 0 : written.lastIndexOf(". ") + 2);
    return last.startsWith("\"")
        ? last.substring(1, last.length() - 1)
        : last.toLowerCase(Locale.ROOT);
  }
}
