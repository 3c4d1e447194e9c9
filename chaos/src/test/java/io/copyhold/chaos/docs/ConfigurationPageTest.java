package io.copyhold.chaos.docs;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ConfigurationPageTest {

  private static final ConfigurationPage SHIPPED =
      ConfigurationPage.ofClassPath(ConfigurationPageTest.class.getClassLoader());

  @Test
  void thePageIsWhatTheCodeSays() throws IOException {
    Path page = Path.of(System.getProperty("copyhold.root", ".."), "docs/configuration.md");
    assertThat(Files.readString(page))
        .as("run ./copyhold docs and commit %s", page)
        .isEqualTo(SHIPPED.markdown());
  }

  @Test
  void everyKeySaysWhy() {
    assertThat(SHIPPED.unexplained())
        .extracting(ConfigurationPage.Key::path)
        .as("keys in a reference.conf without a comment above them")
        .isEmpty();
  }

  @Test
  void defaultsAndCommentsAreShownInTheOrderOfTheFile() {
    String page =
        page(
            """
            # Who may write.
            copyhold.lock {
              # Long enough | for all.
              wait = 10s
              # Few,
              # to be kind.
              tries {
                # The fewest.
                min = 1
                max = ${copyhold.lock.tries.min}
              }
            }
            pekko.other = 1
            """);
    assertThat(page)
        .containsSubsequence(
            "## `copyhold.lock`",
            "Who may write.",
            "| `wait` | `10s` | Long enough \\| for all. |",
            "| `tries` | | Few, to be kind. |",
            "| `tries.min` | `1` | The fewest. |",
            "| `tries.max` | `1` | see above |")
        .doesNotContain("pekko");
  }

  @Test
  void anEnvironmentOfThisMachineChangesNothing() {
    assertThat(page("copyhold.home.dir = a\ncopyhold.home.dir = ${?PATH}"))
        .contains("| `dir` | `a` |");
  }

  @Test
  void aKeyWithoutReasonIsFoundUnlessTheOneAboveCoversIt() {
    var page =
        ConfigurationPage.of(
            ConfigFactory.parseString(
                """
                copyhold.a {
                  # For both.
                  one = 1
                  two = 2

                  three = 3
                  # Of one kind.
                  four { five = 5

                    six = 6 }
                }
                """));
    assertThat(page.unexplained())
        .extracting(ConfigurationPage.Key::path)
        .containsExactly("copyhold.a.three");
  }

  private static String page(String reference) {
    return ConfigurationPage.of(ConfigFactory.parseString(reference)).markdown();
  }
}
