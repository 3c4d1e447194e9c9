package io.copyhold.config.secret;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.cassandra.CassandraFixture;
import io.copyhold.runtime.cassandra.ControlKeyspace;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CassandraSecretsTest extends SecretsContract {
  private static final ControlKeyspace KEYSPACE =
      CassandraFixture.open(CassandraFixture.newKeyspace(), List.of(CassandraSecretRows.SCHEMA));

  @TempDir private Path directory;

  @AfterAll
  static void close() {
    KEYSPACE.close();
  }

  @BeforeEach
  void empty() {
    KEYSPACE.session().execute("TRUNCATE secret");
    KEYSPACE.session().execute("TRUNCATE secret_key_check");
  }

  @Override
  SealedSecrets open() {
    return SealedSecrets.open(new CassandraSecretRows(KEYSPACE), directory.resolve("secrets.key"));
  }

  @Test
  void rotationSealsAllAnewAndTheKeyFileOfAnotherKeyspaceIsRefused() {
    SecretRef ref = new SecretRef("stores/s1/admin");
    open().put(ref, Secret.of("canary"));
    assertThat(open().rotate()).isOne();
    assertThat(open().require(ref).reveal()).isEqualTo("canary");
    Path other = directory.resolve("other.key");
    KeyFile.readOrCreate(other);
    assertThatThrownBy(() -> SealedSecrets.open(new CassandraSecretRows(KEYSPACE), other))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("key-file-wrong");
  }
}
