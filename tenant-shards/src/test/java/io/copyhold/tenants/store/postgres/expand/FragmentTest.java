package io.copyhold.tenants.store.postgres.expand;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FragmentTest {
  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '~',
      value = {
        "a + 1~\"_a\" + 1",
        "A + \"a\" + \"A\"~\"_a\" + \"_a\" + \"A\"",
        "'a' || a~'a' || \"_a\"",
        "a(a)~a(\"_a\")",
        "b::a~b::a",
        "a::text~\"_a\"::text",
        "$$a$$ || a~$$a$$ || \"_a\"",
        "/* a */ a~/* a */ \"_a\"",
        "E'\\'a' || a~E'\\'a' || \"_a\"",
        "aa + ab + 1a~aa + ab + 1a"
      })
  void columnsAreRenamedAndNothingElse(String text, String renamed) {
    assertThat(new Fragment(text).renamed(Map.of("a", "_a"))).isEqualTo(renamed);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"1); drop table x; --", "a; b", "(a", "a)", "a -- b", "'a", "a /* b", "\"a"})
  void whatIsNotOneExpressionIsSeen(String text) {
    assertThat(new Fragment(text).single()).isFalse();
  }

  @Test
  void mentionsAreFound() {
    assertThat(
            new Fragment("coalesce(t.name, \"Age\") || 'id' -- id\n")
                .mentioned(Set.of("name", "Age", "age", "id")))
        .containsExactly("Age", "name");
  }
}
