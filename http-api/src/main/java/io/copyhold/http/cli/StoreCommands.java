package io.copyhold.http.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code copyhold store …} and {@code copyhold pool …}. */
final class StoreCommands {
  private static final String STORES = "/v1/stores";
  private static final String POOLS = "/v1/pools";

  private StoreCommands() {}

  static Group stores() {
    return new Group("store", "Stores: the database servers that tenants live on.")
        .add("add", new Add())
        .add("update", new Update())
        .reads(STORES, "state", "address", "region", "tier", "homes", "homesMax", "tags")
        .say("check", "Checks reachability and privileges.", "POST", STORES, "/check")
        .say("drain", "Places no new homes on it.", "POST", STORES, "/drain")
        .say("undrain", "Places homes on it again.", "POST", STORES, "/undrain")
        .say("remove", "Forgets a store that has no homes.", "DELETE", STORES, "");
  }

  static Group pools() {
    return new Group("pool", "Pools: homes whose tables tenants share.")
        .add("drift", new DriftCommand("/v1/pools"))
        .add("schema", new SchemaCommand("/v1/pools"))
        .add("create", new Create())
        .reads(POOLS, "state", "store", "changelog", "schemaVersion", "members", "tags")
        .add("migrate", new TenantCommands.Migrate(POOLS))
        .add("reconcile", new ControlCommands.Reconcile(POOLS))
        .say("drop", "Drops a pool that has no members.", "DELETE", POOLS, "");
  }

  /** A password comes from a file or the standard input: on a command line others could read it. */
  private static @Nullable String password(@Nullable Path file) throws Trouble {
    if (file == null) {
      return null;
    }
    try {
      return file.toString().equals("-")
          ? new String(System.in.readAllBytes(), StandardCharsets.UTF_8).strip()
          : Files.readString(file).strip();
    } catch (IOException e) {
      throw new Trouble(
          ExitStatus.USAGE,
          "the password's file cannot be read",
          file.toString(),
          "give a readable file, or - for the standard input");
    }
  }

  @Command(description = "Registers a database server.", mixinStandardHelpOptions = true)
  static final class Add extends ChangeCommand {
    @Parameters(paramLabel = "ID")
    private String id = "";

    @Option(names = "--host", required = true)
    private String host = "";

    @Option(names = "--port", description = "Default: ${DEFAULT-VALUE}.")
    private int port = 5432;

    @Option(names = "--user", required = true, description = "Needs CREATEDB and CREATEROLE.")
    private String user = "";

    @Option(
        names = "--password-file",
        paramLabel = "FILE",
        description = "The user's password; - reads it from the standard input.")
    private @Nullable Path passwordFile;

    @Option(
        names = "--secret",
        paramLabel = "NAME",
        description = "A secret that is there: secret:stores/eu-1/admin.")
    private @Nullable String secret;

    @Option(names = "--region", required = true)
    private String region = "";

    @Option(names = "--tier", description = "Default: ${DEFAULT-VALUE}.")
    private String tier = "standard";

    @Option(names = "--homes", description = "Homes at most (default: ${DEFAULT-VALUE}).")
    private int homesMax = 1_000;

    @Option(
        names = "--connections",
        description = "Of the control plane at most (default: ${DEFAULT-VALUE}).")
    private int connectionsMax = 50;

    @Option(
        names = "--work",
        description = "Operations at the same time (default: ${DEFAULT-VALUE}).")
    private int workMax = 8;

    @Option(names = "--shared-database", description = "Where schemas and pools live.")
    private @Nullable String sharedDatabase;

    @Option(
        names = "--ssl-mode",
        description = "disable, prefer, require, verify-ca or verify-full.")
    private @Nullable String sslMode;

    @Option(names = "--tag")
    private List<String> tags = new ArrayList<>();

    @Override
    int run(Client client) throws Trouble, InterruptedException {
      ObjectNode body = object();
      put(body, "host", host);
      put(body, "port", port);
      put(body, "adminUser", user);
      put(body, "adminPassword", password(passwordFile));
      put(body, "adminSecret", secret);
      put(body, "sharedDatabase", sharedDatabase);
      put(body, "sslMode", sslMode);
      put(body, "region", region);
      put(body, "tier", tier);
      put(body, "tags", tags);
      body.putObject("capacity")
          .put("homesMax", homesMax)
          .put("connectionsMax", connectionsMax)
          .put("workMax", workMax);
      return change(client, "PUT", STORES + "/" + encode(id), body);
    }
  }

  @Command(description = "Changes what is given; the rest stays.", mixinStandardHelpOptions = true)
  static final class Update extends ChangeCommand {
    @Parameters(paramLabel = "ID")
    private String id = "";

    @Option(names = "--host")
    private @Nullable String host;

    @Option(names = "--port")
    private @Nullable Integer port;

    @Option(names = "--user")
    private @Nullable String user;

    @Option(
        names = "--password-file",
        paramLabel = "FILE",
        description = "- reads the standard input.")
    private @Nullable Path passwordFile;

    @Option(names = "--secret", paramLabel = "NAME")
    private @Nullable String secret;

    @Option(names = "--region")
    private @Nullable String region;

    @Option(names = "--tier")
    private @Nullable String tier;

    @Option(names = "--ssl-mode")
    private @Nullable String sslMode;

    @Option(names = "--tag", description = "These in place of those it has.")
    private List<String> tags = new ArrayList<>();

    @Override
    int run(Client client) throws Trouble, InterruptedException {
      ObjectNode body = object();
      put(body, "host", host);
      put(body, "port", port);
      put(body, "adminUser", user);
      put(body, "adminPassword", password(passwordFile));
      put(body, "adminSecret", secret);
      put(body, "region", region);
      put(body, "tier", tier);
      put(body, "sslMode", sslMode);
      put(body, "tags", tags);
      return change(client, "PATCH", STORES + "/" + encode(id), body);
    }
  }

  @Command(description = "Makes a pool on a store.", mixinStandardHelpOptions = true)
  static final class Create extends ChangeCommand {
    @Parameters(paramLabel = "ID")
    private String id = "";

    @Option(names = "--store", required = true)
    private String store = "";

    @Option(
        names = "--changelog",
        required = true,
        description = "All its scripts must be poolable.")
    private String changelog = "";

    @Option(names = "--schema-version", description = "Of the changelog (default: the latest).")
    private @Nullable String version;

    @Option(names = "--members", description = "Tenants at most (default: ${DEFAULT-VALUE}).")
    private int membersMax = 100;

    @Option(names = "--tier", description = "Default: the store's.")
    private @Nullable String tier;

    @Option(names = "--tag")
    private List<String> tags = new ArrayList<>();

    @Override
    int run(Client client) throws Trouble, InterruptedException {
      ObjectNode body = object();
      put(body, "store", store);
      put(body, "changelog", changelog);
      put(body, "version", version);
      put(body, "membersMax", membersMax);
      put(body, "tier", tier);
      put(body, "tags", tags);
      return change(client, "PUT", POOLS + "/" + encode(id), body);
    }
  }
}
