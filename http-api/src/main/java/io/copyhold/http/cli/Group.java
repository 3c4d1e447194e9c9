package io.copyhold.http.cli;

import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** The commands about one kind of thing. */
final class Group {
  private final String name;
  private final CommandLine line;

  Group(String name, String description) {
    this.name = name;
    CommandSpec spec = CommandSpec.wrapWithoutInspection(this).name(name);
    spec.usageMessage().description(description);
    spec.mixinStandardHelpOptions(true);
    this.line = new CommandLine(spec);
  }

  String name() {
    return name;
  }

  CommandLine line() {
    return line;
  }

  Group add(String command, Object instance) {
    line.addSubcommand(command, instance);
    return this;
  }

  /** List, show, history and diff. */
  Group reads(String path, String... columns) {
    return add("list", new Reading.ListCommand(path, columns))
        .add("show", new Reading.ShowCommand(path))
        .add("history", new Reading.HistoryCommand(path))
        .add("diff", new Reading.DiffCommand(path));
  }

  /** A command that says one word to one thing. */
  Group say(String command, String description, String method, String path, String suffix) {
    CommandLine word = new CommandLine(new PostCommand(method, path, suffix));
    word.getCommandSpec().usageMessage().description(description);
    line.addSubcommand(command, word);
    return this;
  }
}
