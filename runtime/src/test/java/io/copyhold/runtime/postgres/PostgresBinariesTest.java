package io.copyhold.runtime.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.copyhold.runtime.ProblemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PostgresBinariesTest {
  @Test
  void unpackingAtTheSameTimeLeavesOneWholeCopy() throws Exception {
    Path cache = PostgresFixture.newDirectory();
    Callable<Path> unpack = () -> PostgresBinaries.unpackedUnder(cache).program("postgres");
    try (ExecutorService threads = Executors.newFixedThreadPool(3)) {
      for (Future<Path> program : threads.invokeAll(List.of(unpack, unpack, unpack))) {
        assertThat(program.get()).isExecutable();
      }
    }
    try (Stream<Path> copies = Files.list(cache)) {
      assertThat(copies).hasSize(1);
    }
  }

  @Test
  void aCopyThatWasSweptInPartIsReplaced() throws Exception {
    Path cache = PostgresFixture.newDirectory();
    PostgresBinaries binaries = PostgresBinaries.unpackedUnder(cache);
    Files.delete(binaries.program("initdb"));
    assertThat(PostgresBinaries.unpackedUnder(cache).program("initdb")).isExecutable();
  }

  @Test
  void aCopyThatOthersMayChangeIsRefused() throws Exception {
    Path cache = PostgresFixture.newDirectory();
    PostgresBinaries binaries = PostgresBinaries.unpackedUnder(cache);
    Files.setPosixFilePermissions(
        binaries.directory(), PosixFilePermissions.fromString("rwxrwxrwx"));
    assertThatThrownBy(() -> PostgresBinaries.unpackedUnder(cache))
        .isInstanceOfSatisfying(
            ProblemException.class, e -> assertThat(e.code()).isEqualTo("untrusted-binaries"));
  }
}
