package io.copyhold.tenants.document;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which columns an expression names, and what is no expression. */
class SqlTextTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      textBlock =
          """
          email + '@'                   | EMAIL        | false
          EMAIL + '@'                   | email        | true
          "Email" + '@'                 | Email        | true
          "a""b" = 1                    | a"b          | true
          'email'                       | email        | false
          E'\\' email'                  | email        | false
          $$email$$ + x                 | email        | false
          $q$ email $x$ $q$             | email        | false
          lower(email)                  | lower        | false
          lower (email)                 | lower        | false
          x::text                       | text         | false
          text                          | text         | true
          users.email                   | email        | true
          users.email                   | users        | false
          a /* email /* b */ email */ b | email        | false
          """)
  void onlyColumnsAreColumns(String sql, String column, boolean mentioned) {
    assertThat(SqlText.mentions(sql, column)).isEqualTo(mentioned);
  }

  @Test
  void aRenameLeavesTextAlone() {
    assertThat(SqlText.renamed("a + A * \"A\" + 'a' + a(t.a) + b::a", "a", "c d"))
        .isEqualTo("\"c d\" + \"c d\" * \"A\" + 'a' + a(t.\"c d\") + b::a");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "1; 2",
        "(1",
        "1)",
        ")(",
        "'a",
        "\"a",
        "$$a",
        "1 -- x",
        "1 /* x",
        "1 /* x */",
        "a\0"
      })
  void whatIsNotOneExpressionIsFound(String sql) {
    assertThat(SqlText.flaw(sql)).isPresent();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1",
        "';'",
        "(SELECT max(x) FROM t)",
        "a[1]",
        "coalesce(a, 1)",
        "CASE WHEN a THEN '--' ELSE $$;$$ END",
        "a->>'b'"
      })
  void anExpressionIsLetThrough(String sql) {
    assertThat(SqlText.flaw(sql)).isEmpty();
  }
}
