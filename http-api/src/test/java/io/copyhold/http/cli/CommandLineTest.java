package io.copyhold.http.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.http.Counter;
import io.copyhold.http.Node;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.journal.Mappers;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The command line against a real server. */
class CommandLineTest {
  private static Node node;
  @TempDir private static Path files;
  private static Path token;

  /** What a command left behind. */
  private record Ran(int status, String out, String err) {}

  @BeforeAll
  static void start() throws Exception {
    node = new Node();
    token = Files.writeString(files.resolve("token"), node.operator + "\n");
    Path scripts = Files.createDirectory(files.resolve("invoicing"));
    Files.writeString(scripts.resolve("V1__create_invoices.sql"), "create table invoice (id int);");
    Files.writeString(scripts.resolve("V2__add_due.sql"), "alter table invoice add due date;");
    assertThat(ok("changelog", "publish", scripts.toString(), "--poolable"))
        .contains("changelog/invoicing version 2, published");
    Path password = Files.writeString(files.resolve("password"), "canary-pw\n");
    assertThat(
            ok(
                "store",
                "add",
                "eu-1",
                "--host",
                "127.0.0.1",
                "--port",
                "5433",
                "--user",
                "copyhold",
                "--password-file",
                password.toString(),
                "--region",
                "eu",
                "--watch"))
        .contains("store/eu-1")
        .contains("done")
        .doesNotContain("canary");
  }

  @AfterAll
  static void stop() throws Exception {
    node.close();
  }

  private static Ran run(String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    if (!all.contains("--url")) {
      all.addAll(List.of("--url", node.url(), "--token-file", token.toString()));
    }
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine line = Main.commandLine();
    line.setOut(new PrintWriter(out));
    line.setErr(new PrintWriter(err));
    int status = line.execute(all.toArray(String[]::new));
    return new Ran(status, out.toString(), err.toString());
  }

  private static String ok(String... arguments) {
    Ran ran = run(arguments);
    assertThat(ran.status()).as(String.join(" ", arguments) + "\n" + ran.err()).isZero();
    return ran.out();
  }

  private static String onboard(String id, String... more) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "tenant",
                "onboard",
                id,
                "--region",
                "eu",
                "--store",
                "eu-1",
                "--changelog",
                "invoicing",
                "--schema-version",
                "1",
                "--watch"));
    all.addAll(List.of(more));
    return ok(all.toArray(String[]::new));
  }

  @Test
  void aTenantsWholeLife() {
    assertThat(onboard("acme", "--tag", "team=blue", "--set", "timezone=Europe/Berlin"))
        .contains("tenant/acme version 1, provisioning (onboarding-started)")
        .contains("operation tenant/acme/provision/1")
        .contains("tenant/acme/provision/1 done");
    assertThat(ok("tenant", "list", "--filter", "tags:team=blue"))
        .contains("acme")
        .contains("eu-1");
    assertThat(ok("tenant", "show", "acme")).contains("timezone: Europe/Berlin");
    assertThat(ok("tenant", "show", "acme", "--version", "1"))
        .contains("Provisioning")
        .contains(" at ");
    assertThat(ok("tenant", "configure", "acme", "--set", "locale=de", "--unset", "timezone"))
        .contains("configured");
    assertThat(ok("tenant", "rename", "acme", "Acme AG")).contains("renamed");
    assertThat(ok("tenant", "tag", "acme", "--add", "vip")).contains("tagged");
    assertThat(ok("tenant", "suspend", "acme", "--reason", "unpaid", "--watch")).contains("done");
    assertThat(ok("tenant", "resume", "acme", "--watch")).contains("done");
    assertThat(ok("tenant", "migrate", "acme", "--to", "2", "--watch")).contains("done");
    assertThat(ok("tenant", "history", "acme", "--events"))
        .contains("onboarding-started")
        .contains("renamed");
    assertThat(ok("tenant", "diff", "acme", "0", "1")).contains("PATH");
    assertThat(ok("tenant", "replay", "acme", "--diff"))
        .contains(" decided anew")
        .doesNotContain("FINDING");
    assertThat(ok("tenant", "replay", "acme", "--to-version", "1")).startsWith("version 1 ");
    assertThat(ok("tenant", "connect", "acme")).startsWith("postgresql://t_acme:s3cret@");
    assertThat(ok("tenant", "offboard", "acme", "--confirm", "acme", "--watch")).contains("done");
  }

  @Test
  void jsonIsWhatTheServerSaid() throws Exception {
    onboard("printed");
    assertThat(
            Mappers.JSON
                .readTree(ok("tenant", "show", "printed", "-o", "json"))
                .path("id")
                .asText())
        .isEqualTo("printed");
    assertThat(
            Mappers.JSON
                .readTree(
                    ok("tenant", "list", "--prefix", "printed", "-o", "json", "--facet", "plan"))
                .at("/facets/plan/standard")
                .asInt())
        .isEqualTo(1);
  }

  @Test
  void aDryRunChangesNothing() {
    assertThat(
            ok(
                "tenant",
                "onboard",
                "dry",
                "--region",
                "eu",
                "--changelog",
                "invoicing",
                "--dry-run"))
        .startsWith("dry run: tenant/dry");
    assertThat(run("tenant", "show", "dry").status()).isEqualTo(ExitStatus.REFUSED);
  }

  @Test
  void aRefusalSaysWhatWhereAndWhatToDo() {
    Ran ran = run("tenant", "onboard", "x-1", "--region", "eu", "--changelog", "none-such");
    assertThat(ran.status()).isEqualTo(ExitStatus.REFUSED);
    assertThat(ran.err())
        .startsWith("copyhold: ")
        .contains("where: /changelog")
        .contains("what to do: ");
    assertThat(
            run("tenant", "onboard", "postgres", "--region", "eu", "--changelog", "invoicing")
                .err())
        .contains("reserved");
  }

  @Test
  void aWrongCommandLineIsTwo() {
    assertThat(run("tenant", "onboard").status()).isEqualTo(ExitStatus.USAGE);
    assertThat(run("tenant", "fly", "acme").status()).isEqualTo(ExitStatus.USAGE);
    assertThat(run("changelog", "publish", files.toString()).status()).isEqualTo(ExitStatus.USAGE);
    assertThat(run("tenant", "list", "--url", "nonsense", "--token", "x").status())
        .isEqualTo(ExitStatus.USAGE);
  }

  @Test
  void noNodeIsThree() throws Exception {
    int free;
    try (ServerSocket socket = new ServerSocket(0)) {
      free = socket.getLocalPort();
    }
    Ran ran =
        run(
            "tenant",
            "list",
            "--url",
            "http://127.0.0.1:" + free,
            "--token",
            "x",
            "--retry-for",
            "1");
    assertThat(ran.status()).isEqualTo(ExitStatus.NOT_NOW);
    assertThat(ran.err()).contains("no node answers").contains("copyhold up");
  }

  @Test
  void notNowIsTriedAgainUnderOneKey() throws Exception {
    onboard("patient");
    node.journalUp = false;
    Thread mended =
        Thread.ofVirtual()
            .start(() -> {
              try {
                TimeUnit.SECONDS.sleep(2);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              node.journalUp = true;
            });
    try {
      assertThat(ok("tenant", "rename", "patient", "Patient", "--retry-for", "120"))
          .contains("tenant/patient");
    } finally {
      mended.join();
    }
    assertThat(ok("tenant", "history", "patient").split("renamed", -1)).hasSize(2);
  }

  @Test
  void anOperationThatDoesNotEndWellIsFour() throws Exception {
    work("four");
    ok("operation", "cancel", "counter/four/count/1");
    Ran ran = run("operation", "watch", "counter/four/count/1");
    assertThat(ran.status()).isEqualTo(ExitStatus.FAILED);
    assertThat(ran.err()).contains("cancelled").contains("operation show counter/four/count/1");
  }

  private static void work(String id) throws Exception {
    node.entities
        .ask(node.counter(id), new Counter.Command.Work(), Origin.of("test"))
        .toCompletableFuture()
        .get(60, TimeUnit.SECONDS);
    Node.await(() ->
        run("operation", "explain", "counter/" + id + "/count/1").out().contains("may it go on?"));
  }

  @Test
  void anOperationIsSteered() throws Exception {
    work("steered");
    String id = "counter/steered/count/1";
    assertThat(ok("operation", "list", "--filter", "owner:counter/steered")).contains("waiting");
    assertThat(ok("operation", "pause", id)).contains("paused");
    assertThat(ok("operation", "explain", id)).contains("an operator paused it");
    assertThat(ok("operation", "resume", id)).contains("resumed");
    assertThat(ok("operation", "retry", id)).contains("nothing to change");
    assertThat(run("operation", "choose", id, "--happened").err()).contains("nothing to choose");
    assertThat(ok("operation", "approve", id, "go")).contains("approved");
    assertThat(ok("operation", "watch", id)).contains("done");
    assertThat(ok("operation", "show", id)).contains("Done");
    assertThat(ok("operation", "history", id)).contains("gate-reached");
  }

  @Test
  void aRolloutAndAPool() {
    assertThat(
            ok(
                "pool",
                "create",
                "shared-1",
                "--store",
                "eu-1",
                "--changelog",
                "invoicing",
                "--schema-version",
                "1",
                "--watch"))
        .contains("done");
    assertThat(ok("pool", "migrate", "shared-1", "--watch")).contains("done");
    assertThat(ok("pool", "list")).contains("shared-1");
    assertThat(ok("pool", "drop", "shared-1", "--watch")).contains("done");
    assertThat(
            ok(
                "rollout",
                "start",
                "r-1",
                "--changelog",
                "invoicing",
                "--wave",
                "1,50%",
                "--failure-budget",
                "5%",
                "--gated",
                "--region",
                "eu"))
        .contains("operation rollout/r-1/rollout/1");
    assertThat(ok("rollout", "pause", "r-1")).contains("paused");
    assertThat(ok("rollout", "resume", "r-1")).contains("resumed");
    Ran early = run("rollout", "retry-failed", "r-1");
    assertThat(early.status()).isEqualTo(ExitStatus.REFUSED);
    ok("rollout", "cancel", "r-1");
    assertThat(run("rollout", "watch", "r-1").status()).isEqualTo(ExitStatus.FAILED);
    assertThat(ok("rollout", "list")).contains("r-1");
  }

  @Test
  void storesAndChangelogs() {
    assertThat(ok("store", "check", "eu-1", "--watch")).contains("done");
    assertThat(ok("store", "drain", "eu-1")).contains("drained");
    assertThat(ok("store", "undrain", "eu-1")).contains("undrained");
    assertThat(ok("store", "update", "eu-1", "--tag", "big")).contains("updated");
    assertThat(ok("store", "show", "eu-1")).contains("adminSecret: secret:stores/eu-1/admin");
    assertThat(ok("changelog", "script", "invoicing", "1")).startsWith("create table");
    assertThat(ok("changelog", "list")).contains("invoicing");
    assertThat(ok("quarantine", "list")).contains("CAUSE");
  }

  @Test
  void aTokenIsMadeUsedAndRevoked() {
    Ran made = run("token", "create", "app", "--role", "application", "--tenant", "acme-2");
    assertThat(made.out()).startsWith("chd_");
    assertThat(made.err()).contains("not shown again");
    String text = made.out().strip();
    assertThat(run("store", "list", "--url", node.url(), "--token", text).err())
        .contains("no permission store:read");
    assertThat(ok("token", "list")).contains("app").contains("acme-2").doesNotContain(text);
    assertThat(ok("token", "revoke", text.substring(4, 20), "--reason", "done"))
        .contains("revoked");
    assertThat(run("tenant", "list", "--url", node.url(), "--token", text).err())
        .contains("unknown or revoked");
  }

  @Test
  void eventsAreFollowed() throws Exception {
    String since = "start";
    assertThat(ok("events", "--since", since, "--type", "store", "--limit", "2"))
        .contains("store/eu-1@1 registered");
    Ran nonsense = run("events", "--since", "nonsense", "--limit", "1");
    assertThat(nonsense.status()).isEqualTo(ExitStatus.REFUSED);
    assertThat(nonsense.err()).contains("this is no offset");
    assertThat(ok("events", "--since", since, "--limit", "1", "-o", "json")).contains("\"name\":");
  }

  @Test
  void everyCommandHasHelpAndTheCompletionKnowsThem() {
    String script = ok2("completion");
    for (String word : List.of("tenant", "onboard", "retry-failed", "--dry-run", "up", "down")) {
      assertThat(script).contains(word);
    }
    describe(Main.commandLine());
    assertThat(ok2("--help")).contains("Exit status").contains("tenant");
  }

  private static void describe(CommandLine line) {
    assertThat(line.getCommandSpec().usageMessage().description())
        .as(line.getCommandSpec().qualifiedName())
        .isNotEmpty();
    line.getSubcommands().values().forEach(CommandLineTest::describe);
  }

  private static String ok2(String... arguments) {
    StringWriter out = new StringWriter();
    CommandLine line = Main.commandLine();
    line.setOut(new PrintWriter(out));
    assertThat(line.execute(arguments)).isZero();
    return out.toString();
  }

  @Test
  void nodesAndShardsAreShown() {
    assertThat(ok("node", "list")).contains("node-1", "node-2", "up", "longest 300 ms");
    assertThat(ok("node", "show", "node-2")).contains("patienceMs: 2000");
    assertThat(ok("top", "--once")).contains("NODE", "12 %", "61/488 MiB", "2.5");
    assertThat(ok("shard", "list", "--type", "tenant")).contains("node-1").doesNotContain("store");
    assertThat(ok("shard", "list", "--each")).contains("tenant  10     node-2  0");
    assertThat(ok("node", "leave", "node-2", "--dry-run")).contains("node-2 would leave");
  }

  @Test
  void aNodeThatIsAwayIsFollowedByTheNext() throws Exception {
    int closed;
    try (ServerSocket socket = new ServerSocket(0)) {
      closed = socket.getLocalPort();
    }
    assertThat(
            ok(
                "node",
                "list",
                "--url",
                "http://127.0.0.1:" + closed + "," + node.url(),
                "--token-file",
                token.toString()))
        .contains("node-1");
  }
}
