package io.copyhold.chaos.docs;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Writes the generated pages into the source tree. For whoever changes Copyhold, not for its users.
 */
@Command(
    name = "docs",
    hidden = true,
    mixinStandardHelpOptions = true,
    description = "Write the pages of docs/ that are made from the code.")
public final class DocsCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Option(
      names = "--root",
      defaultValue = "${sys:copyhold.root:-.}",
      description = "The source tree (default: where the launcher stands).")
  private Path root;

  @Override
  public Integer call() throws IOException {
    Path page = root.resolve("docs/configuration.md");
    Files.createDirectories(page.getParent());
    Files.writeString(
        page, ConfigurationPage.ofClassPath(DocsCommand.class.getClassLoader()).markdown());
    PrintWriter out = spec.commandLine().getOut();
    out.println(page);
    return 0;
  }
}
