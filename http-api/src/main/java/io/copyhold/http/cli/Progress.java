package io.copyhold.http.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.Set;

/** Shows how an operation goes on: a bar that moves on a terminal, a line per change elsewhere. */
final class Progress {
  private static final Set<String> ENDS =
      Set.of("done", "undone", "failed-in-rollback", "cancelled");
  private static final int BAR = 24;

  private final Client client;
  private final PrintWriter out;
  private final boolean json;
  private final boolean terminal = System.console() != null && System.console().isTerminal();
  private String said = "";

  Progress(Client client, PrintWriter out, boolean json) {
    this.client = client;
    this.out = out;
    this.json = json;
  }

  /**
   * Until it ends.
   *
   * @param path {@code /v1/operations/tenant/acme/provision/1}
   */
  int watch(String path) throws Trouble, InterruptedException {
    String[] state = {""};
    JsonNode[] last = new JsonNode[1];
    while (!ENDS.contains(state[0])) {
      // The operation's stream ends with it; ended before, the node went away: look again.
      new EventReader(client, null)
          .read(
              path + "/watch",
              false,
              change -> {
                JsonNode summary = change.path("summary");
                if (summary.has("state")) {
                  state[0] = summary.path("state").asText();
                  last[0] = summary;
                  show(path, summary);
                }
                return !ENDS.contains(state[0]);
              });
    }
    if (terminal && !json) {
      out.println();
    }
    if (state[0].equals("done")) {
      return ExitStatus.OK;
    }
    JsonNode problem = last[0] == null ? null : last[0].get("problem");
    throw new Trouble(
        ExitStatus.FAILED,
        "the operation ended " + state[0] + (problem == null ? "" : ": " + problem.asText()),
        path.replace("/v1/operations/", ""),
        "look at it: copyhold operation show " + path.replace("/v1/operations/", ""));
  }

  private void show(String path, JsonNode summary) {
    if (json) {
      out.println(summary);
      out.flush();
      return;
    }
    String line = line(path, summary);
    if (line.equals(said)) {
      return;
    }
    if (terminal) {
      out.print("\r" + line + " ".repeat(Math.max(0, said.length() - line.length())));
    } else {
      out.println(line);
    }
    said = line;
    out.flush();
  }

  /** {@code [######------] 3/6 tenant/acme/provision/1 running: create-home 10/200}. */
  static String line(String path, JsonNode summary) {
    long steps = Math.max(1, summary.path("steps").asLong(1));
    long stepsDone = summary.path("stepsDone").asLong();
    long total = summary.path("total").asLong();
    double part = total > 0 ? Math.min(1.0, (double) summary.path("done").asLong() / total) : 0;
    int filled = (int) Math.clamp(Math.floor((stepsDone + part) / steps * BAR), 0, BAR);
    String step = summary.path("step").asText();
    return "["
        + "#".repeat(filled)
        + "-".repeat(BAR - filled)
        + "] "
        + stepsDone
        + "/"
        + steps
        + " "
        + path.replace("/v1/operations/", "")
        + " "
        + ("undoing".equals(summary.path("direction").asText()) ? "undoing, " : "")
        + summary.path("state").asText()
        + (step.isEmpty() ? "" : ": " + step)
        + (total > 0 ? " " + summary.path("done").asLong() + "/" + total : "");
  }
}
