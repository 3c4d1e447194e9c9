package io.copyhold.chaos.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.copyhold.runtime.ProblemException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On a small file system of the test's own, where this user may mount one. */
class DisksTest {
  private static final long LARGE = 1L << 40;
  private static final int BYTES = 8 << 20;

  @TempDir private Path data;

  @AfterEach
  void unmount() throws Exception {
    run("umount", "-l", store().toString());
  }

  private Path store() throws IOException {
    return Files.createDirectories(data.resolve("postgres").resolve("store-a"));
  }

  private static int run(String... command) throws IOException, InterruptedException {
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }

  private boolean mount() throws Exception {
    return run("mount", "-t", "tmpfs", "-o", "size=" + BYTES, "tmpfs", store().toString()) == 0;
  }

  @Test
  void aDiskOfItsOwnIsFullUntilTheFaultIsLifted() throws Exception {
    assumeTrue(mount(), "this user may not mount a file system");
    Injection full = new Disks(data, LARGE).fill("store-a");
    Undo undo = full.prepare();
    assertThat(undo).isInstanceOf(Undo.Remove.class);
    full.inject(undo);
    full.inject(undo); // again changes nothing
    assertThatThrownBy(() -> Files.write(store().resolve("more"), new byte[BYTES / 16]))
        .isInstanceOf(IOException.class);
    full.lift(undo);
    full.lift(undo);
    Files.write(store().resolve("more"), new byte[BYTES / 16]);
  }

  @Test
  void aDiskThatIsTooLargeIsNotFilled() throws Exception {
    assumeTrue(mount(), "this user may not mount a file system");
    refused(BYTES - 1, "disk-large");
  }

  @Test
  void theDiskOfTheMachineIsNotFilled() throws Exception {
    store();
    refused(LARGE, "disk-shared");
  }

  @Test
  void whatIsNotThereIsNotFilled() {
    assertThatThrownBy(() -> new Disks(data, LARGE).fill("journal").prepare())
        .hasMessageContaining("no disk");
  }

  private void refused(long bytesMax, String code) throws IOException {
    assertThatThrownBy(() -> new Disks(data, bytesMax).fill("store-a").prepare())
        .isInstanceOfSatisfying(
            ProblemException.class, e -> assertThat(e.problem().code()).isEqualTo(code));
    try (var files = Files.list(store())) {
      assertThat(files).isEmpty();
    }
  }
}
