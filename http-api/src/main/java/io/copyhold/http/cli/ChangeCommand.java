package io.copyhold.http.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.PortAdapter;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * A command that changes something: tried first if wanted, done once, watched to its end if wanted.
 */
@PortAdapter
abstract class ChangeCommand extends ApiCommand {
  @Option(names = "--dry-run", description = "Say what would come of it and change nothing.")
  private boolean dryRun;

  @Option(
      names = "--idempotency-key",
      paramLabel = "KEY",
      description = "Makes a repeat of this command safe (default: a random one).")
  private @Nullable String key;

  @Option(
      names = "--if-version",
      paramLabel = "N",
      description = "Only if it is still at this version.")
  private @Nullable Long version;

  @Option(names = "--watch", description = "Watch the operation until it ends.")
  private boolean watch;

  /** Sends it and shows what came of it. */
  final int change(Client client, String method, String path, @Nullable JsonNode body)
      throws Trouble, InterruptedException {
    Client.Answer answer = send(client, method, path, body);
    show(answer);
    String operation = answer.header("Location").orElse("");
    if (watch && answer.status() == 202) {
      return new Progress(client, out(), json()).watch(operation);
    }
    return ExitStatus.OK;
  }

  final Client.Answer send(Client client, String method, String path, @Nullable JsonNode body)
      throws Trouble, InterruptedException {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Idempotency-Key", key == null ? random() : key);
    if (version != null) {
      headers.put("If-Match", "\"" + version + "\"");
    }
    String target = dryRun ? path + (path.contains("?") ? "&" : "?") + "dryRun=true" : path;
    return client.send(method, target, body, headers);
  }

  private void show(Client.Answer answer) {
    JsonNode body = answer.body();
    if (json()) {
      print(body);
      return;
    }
    String name = body.path("type").asText() + "/" + body.path("id").asText();
    String events = Table.cell(body.path("events"));
    out()
        .println(
            (dryRun ? "dry run: " : "")
                + name
                + " version "
                + body.path("version").asText()
                + ", "
                + body.path("summary").path("state").asText()
                + (events.isEmpty()
                    ? " (nothing to change)"
                    : " (" + events.replace(",", ", ") + ")"));
    answer
        .header("Location")
        .filter(path -> answer.status() == 202)
        .ifPresent(path -> out().println("operation " + path.replace("/v1/operations/", "")));
    out().flush();
  }

  private static String random() {
    byte[] bytes = new byte[16];
    new SecureRandom().nextBytes(bytes);
    return "cli-" + HexFormat.of().formatHex(bytes);
  }
}
