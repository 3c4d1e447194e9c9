package io.copyhold.runtime.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IdentifiersTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "plain",
        "Mixed Case",
        "a\"b",
        "\"",
        "x\"; DROP TABLE t; --",
        "back\\slash",
        "'",
        "é中🙂",
        "\u00a0",
        "select",
        "a.b",
        "$1",
        "?"
      })
  void theServerReadsTheNameAsItIs(String name) throws SQLException {
    try (Connection c = PostgresFixture.server().database("postgres").connect("test");
        Statement s = c.createStatement();
        ResultSet r = s.executeQuery("SELECT 1 AS " + Identifiers.quote(name))) {
      assertThat(r.getMetaData().getColumnLabel(1)).isEqualTo(name);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "plain", "it's", "''", "\\", "\\' OR 1=1 --", "é中🙂", "$1 ? {}"})
  void theServerReadsTheLiteralAsItIsUnderBothStringRules(String value) throws SQLException {
    try (Connection c = PostgresFixture.server().database("postgres").connect("test");
        Statement s = c.createStatement()) {
      s.setEscapeProcessing(false);
      for (String rule : new String[] {"on", "off"}) {
        s.execute("SET standard_conforming_strings = " + rule);
        try (ResultSet r = s.executeQuery("SELECT" + " " + Identifiers.literal(value))) {
          assertThat(r.next()).isTrue();
          assertThat(r.getString(1)).isEqualTo(value);
        }
      }
    }
  }

  @Test
  void aNameOf63BytesPassesAndOneMoreIsRefused() {
    assertThat(Identifiers.quote("x".repeat(63))).hasSize(65);
    assertThat(Identifiers.quote("é".repeat(31) + "x")).isNotEmpty();
    assertThatIllegalArgumentException().isThrownBy(() -> Identifiers.quote("x".repeat(64)));
    assertThatIllegalArgumentException().isThrownBy(() -> Identifiers.quote("é".repeat(32)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a\0b", "\0", "\ud800"})
  void whatIsNoNameIsRefused(String name) {
    assertThatIllegalArgumentException().isThrownBy(() -> Identifiers.quote(name));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a\0b", "\udc00x"})
  void whatIsNoTextIsRefused(String value) {
    assertThatIllegalArgumentException().isThrownBy(() -> Identifiers.literal(value));
  }

  @Test
  void aQualifiedNameIsQuotedPartByPart() {
    assertThat(Identifiers.quote("a.b", "c\"d")).isEqualTo("\"a.b\".\"c\"\"d\"");
  }
}
