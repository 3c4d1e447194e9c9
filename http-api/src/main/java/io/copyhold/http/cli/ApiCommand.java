package io.copyhold.http.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.runtime.journal.Mappers;
import java.io.PrintWriter;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** A command that speaks to the admin API. */
abstract class ApiCommand implements Callable<Integer> {
  @Mixin private ApiOptions options = new ApiOptions();
  @Spec private @Nullable CommandSpec spec;

  @Override
  public final Integer call() throws Exception {
    try (Client client = new Client(options.urls(), options.token(), options.retryFor())) {
      int status = run(client);
      out().flush();
      return status;
    } catch (Trouble trouble) {
      out().flush();
      trouble.print(err());
      return trouble.status();
    }
  }

  /** Returns an {@link ExitStatus}. */
  abstract int run(Client client) throws Trouble, InterruptedException;

  final boolean json() {
    return options.output() == ApiOptions.Form.json;
  }

  final PrintWriter out() {
    return spec().commandLine().getOut();
  }

  final PrintWriter err() {
    return spec().commandLine().getErr();
  }

  private CommandSpec spec() {
    if (spec == null) {
      throw new IllegalStateException("not run by picocli");
    }
    return spec;
  }

  final void print(JsonNode node) {
    try {
      out().println(Mappers.JSON.writerWithDefaultPrettyPrinter().writeValueAsString(node));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree is always writable", e);
    }
  }

  static ObjectNode object() {
    return Mappers.JSON.createObjectNode();
  }

  /** Puts what was given, and nothing for what was left out. */
  static void put(ObjectNode node, String name, @Nullable Object value) {
    switch (value) {
      case null -> {}
      case Collection<?> words when words.isEmpty() -> {}
      default -> node.set(name, Mappers.JSON.valueToTree(value));
    }
  }

  static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** {@code tenant/acme/provision/1} in a path, each part encoded. */
  static String encodeParts(String path) {
    StringBuilder text = new StringBuilder();
    for (String part : path.split("/", -1)) {
      text.append(text.isEmpty() ? "" : "/").append(encode(part));
    }
    return text.toString();
  }
}
