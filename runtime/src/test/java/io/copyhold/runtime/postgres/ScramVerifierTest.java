package io.copyhold.runtime.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ScramVerifierTest {
  @Test
  void aRoleMadeWithTheVerifierLogsInWithThePassword() throws SQLException {
    String password = Passwords.random(new SecureRandom());
    Database admin = PostgresFixture.newDatabase();
    String verifier = ScramVerifier.of(password.toCharArray(), new SecureRandom());
    try (Connection c = admin.connect("test");
        Statement s = c.createStatement()) {
      s.execute("CREATE ROLE scram_test LOGIN PASSWORD " + Identifiers.literal(verifier));
      try (ResultSet r =
          s.executeQuery("SELECT rolpassword FROM pg_authid WHERE rolname = 'scram_test'")) {
        assertThat(r.next()).isTrue();
        assertThat(r.getString(1)).isEqualTo(verifier); // stored as sent, not hashed once more
      }
    }
    try (Connection c = admin.withUser("scram_test", () -> password).connect("test")) {
      assertThat(c.isValid(60)).isTrue();
    }
    assertThatThrownBy(() -> admin.withUser("scram_test", () -> "wrong").connect("test"))
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("authentication failed");
  }

  @Test
  void theSaltDiffersAndThePasswordIsNotInIt() {
    char[] password = "correct horse".toCharArray();
    Random random = new Random(7);
    String one = ScramVerifier.of(password, random);
    assertThat(one).isNotEqualTo(ScramVerifier.of(password, random));
    assertThat(one).startsWith("SCRAM-SHA-256$4096:").doesNotContain("horse");
  }

  @Test
  void aPasswordThatWouldNeedPreparationIsRefusedWithoutNamingIt() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ScramVerifier.of("pässhorse".toCharArray(), new Random(7)))
        .withMessageNotContaining("horse");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ScramVerifier.of(new char[0], new Random(7)));
  }
}
