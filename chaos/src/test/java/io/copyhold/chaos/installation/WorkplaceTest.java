package io.copyhold.chaos.installation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.copyhold.runtime.ProblemException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkplaceTest {
  @TempDir private Path temporary;

  @Test
  void aDirectoryWithSomethingInItIsRefused() throws Exception {
    Files.writeString(temporary.resolve("mine"), "precious");
    assertThatThrownBy(() -> Workplace.make("test", temporary, false))
        .isInstanceOfSatisfying(
            ProblemException.class, e -> assertThat(e.code()).isEqualTo("directory-not-empty"));
    assertThat(temporary.resolve("mine")).hasContent("precious");
  }

  @Test
  void afterAFailureOnlyTheLogsStay() throws Exception {
    Workplace workplace = Workplace.make("test", temporary.resolve("demo"), false);
    Files.writeString(workplace.log(), "what happened");
    Files.createDirectories(workplace.directory().resolve("postgres/store-a"));
    workplace.removeButLogs();
    assertThat(workplace.log()).hasContent("what happened");
    assertThat(workplace.directory().resolve("postgres")).doesNotExist();
  }

  @Test
  void whatIsToBeKeptIsNotRemoved() throws Exception {
    Workplace workplace = Workplace.make("test", temporary.resolve("demo"), true);
    workplace.removeButLogs();
    workplace.remove();
    assertThat(workplace.logs()).isDirectory();
  }
}
