package io.copyhold.chaos.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LauncherTest {

  /** What a run of the launcher came to. */
  private record Ended(int status, String output) {}

  @TempDir private Path directory;
  private Path tree;

  @BeforeEach
  void copyTheLauncher() throws IOException {
    tree = Files.createDirectories(directory.resolve("a source tree"));
    Files.copy(
        Path.of(System.getProperty("copyhold.root", ".."), "copyhold"), tree.resolve("copyhold"));
  }

  @Test
  void theJdkThatJavaHomeNamesIsTaken() throws Exception {
    Path jdk = jdk("25.0.3");
    assertThat(launcher(Map.of("JAVA_HOME", jdk.toString()), "jdk"))
        .isEqualTo(new Ended(0, jdk + "\n"));
  }

  @Test
  void anOlderJavaHomeIsPassedOver() throws Exception {
    Path old = jdk("17.0.15");
    Path home = Files.createDirectories(directory.resolve("home/.sdkman/candidates/java/"));
    Files.move(jdk("25"), home.resolve("25-tem"));
    Ended ended = launcher(Map.of("JAVA_HOME", old.toString(), "HOME", directory + "/home"), "jdk");
    assertThat(ended.status()).isZero();
    assertThat(ended.output()).contains("25").doesNotContain(old.toString());
  }

  @Test
  void wordsReachTheProgramAsTheyAre() throws Exception {
    Path jdk = jdk("25.0.3");
    Files.createDirectories(tree.resolve("chaos/target/dist/lib"));
    Ended ended =
        launcher(
            Map.of("JAVA_HOME", jdk.toString(), "COPYHOLD_NO_BUILD", "1"),
            "tenant",
            "a b",
            "--c=*");
    assertThat(ended.output().lines().toList())
        .containsSubsequence("io.copyhold.http.cli.Main", "tenant", "a b", "--c=*");
  }

  @Test
  void theDemoIsGivenToTheModuleThatSeesEverything() throws Exception {
    Path jdk = jdk("25.0.3");
    Files.createDirectories(tree.resolve("chaos/target/dist/lib"));
    Ended ended = launcher(Map.of("JAVA_HOME", jdk.toString(), "COPYHOLD_NO_BUILD", "1"), "demo");
    assertThat(ended.output().lines().toList())
        .containsSubsequence("io.copyhold.chaos.Main", "demo");
  }

  @Test
  void withoutABuildAndForbiddenToBuildItSaysSo() throws Exception {
    Ended ended =
        launcher(Map.of("JAVA_HOME", jdk("25").toString(), "COPYHOLD_NO_BUILD", "1"), "status");
    assertThat(ended.status()).isEqualTo(66);
    assertThat(ended.output()).contains("nothing is built yet", "chaos/target/dist/lib");
  }

  /** A directory that looks like a JDK; its java prints its arguments, one a line. */
  private Path jdk(String version) throws IOException {
    Path jdk = directory.resolve("jdk " + version);
    Path bin = Files.createDirectories(jdk.resolve("bin"));
    for (Path program : List.of(bin.resolve("java"), bin.resolve("javac"))) {
      Files.writeString(program, "#!/bin/sh\nprintf '%s\\n' \"$@\"\n");
      assertThat(program.toFile().setExecutable(true)).isTrue();
    }
    Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
    return jdk;
  }

  private Ended launcher(Map<String, String> environment, String... arguments) throws Exception {
    var builder =
        new ProcessBuilder(
                Stream.concat(
                        Stream.of("bash", tree.resolve("copyhold").toString()),
                        Stream.of(arguments))
                    .toList())
            .redirectErrorStream(true);
    builder.environment().remove("COPYHOLD_NO_BUILD");
    builder.environment().putAll(environment);
    Process process = builder.start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Ended(process.waitFor(), output);
  }
}
