package io.copyhold.http.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * A command that says one word to one thing: {@code tenant resume acme}. Its description is given
 * by its group.
 */
@Command(mixinStandardHelpOptions = true)
final class PostCommand extends ChangeCommand {
  private final String method;
  private final String path;
  private final String suffix;

  @Parameters(paramLabel = "ID")
  private String id = "";

  PostCommand(String method, String path, String suffix) {
    this.method = method;
    this.path = path;
    this.suffix = suffix;
  }

  @Override
  int run(Client client) throws Trouble, InterruptedException {
    return change(client, method, path + "/" + encodeParts(id) + suffix, null);
  }
}
