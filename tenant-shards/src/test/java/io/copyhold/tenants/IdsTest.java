package io.copyhold.tenants;

import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.runtime.Problem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IdsTest {
  @ParameterizedTest
  @ValueSource(
      strings = {"ab", "acme", "acme-2", "a1-b2-c3", "abcdefghijabcdefghijabcdefghijabcdefghij"})
  void aPlainIdIsGood(String id) {
    assertThat(Ids.check("tenant", id)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "a, id-length",
    "abcdefghijabcdefghijabcdefghijabcdefghijk, id-length",
    "Acme, id-characters",
    "acme_2, id-characters",
    "acme.de, id-characters",
    "acme/2, id-characters",
    "2acme, id-form",
    "-acme, id-form",
    "acme-, id-form",
    "ac--me, id-form",
    "admin, id-reserved",
    "copyhold, id-reserved"
  })
  void aBadIdIsRefusedWithTheReason(String id, String code) {
    Problem problem = Ids.check("tenant", id).orElseThrow();
    assertThat(problem.code()).isEqualTo(code);
    assertThat(problem.kind()).isEqualTo(Problem.Kind.INVALID);
    assertThat(problem.where()).isEqualTo("tenant");
    assertThat(problem.todo()).isNotBlank();
  }

  @Test
  void aMissingIdIsRefused() {
    assertThat(Ids.check("tenant", null).orElseThrow().code()).isEqualTo("id-missing");
    assertThat(Ids.check("tenant", "").orElseThrow().code()).isEqualTo("id-missing");
  }

  @Test
  void aLookAlikeIsNamed() {
    Problem problem = Ids.check("tenant", "\u0430cme").orElseThrow();
    assertThat(problem.what()).contains("U+0430 CYRILLIC SMALL LETTER A").contains("character 1");
  }

  @Test
  void anInvisibleCharacterIsNamedAndNotPrinted() {
    Problem problem = Ids.check("tenant", "ac\u200bme").orElseThrow();
    assertThat(problem.what()).contains("U+200B ZERO WIDTH SPACE").doesNotContain("\u200b");
  }

  @Test
  void lengthCountsCharactersAndNotUnits() {
    Problem problem = Ids.check("tenant", "\ud835\udcb6").orElseThrow();
    assertThat(problem.code()).isEqualTo("id-length");
  }
}
