package io.copyhold.chaos.crash;

import static io.copyhold.chaos.crash.Rest.map;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.postgres.Database;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.store.FSDirectory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Secrets stand where they belong and nowhere else: passwords of stores and tenants, tokens, the
 * servers' own passwords. All servers log every statement meanwhile.
 */
class CanaryTest {
  private static final String CANARY = "CanaryWithoutAnyDoubt4711";

  /** The files that hold a secret on purpose, for their owner only. */
  private static final Set<String> KEEPERS =
      Set.of("superuser", "copyhold.password", "operator.token");

  private static RealSite site;
  private static SpanSink spans;
  private static final Map<String, String> secrets = new LinkedHashMap<>();

  /** Makes one of each kind, and lets them pass through everything, trouble included. */
  @BeforeAll
  static void useSecrets() throws Exception {
    spans = new SpanSink();
    site = new RealSite(Map.of("copyhold.telemetry.otlp.endpoint", spans.endpoint()));
    for (String server : List.of(RealSite.CONTROL, Installed.STORE)) {
      Database superuser = site.superuser(server);
      Installed.run(superuser, "alter system set log_statement = 'all'");
      Installed.run(superuser, "alter system set log_min_duration_statement = 0");
      Installed.run(superuser, "select pg_reload_conf()");
      secrets.put("superuser of " + server, superuser.password().get());
    }
    secrets.put("role of control", site.control().password().get());
    secrets.put("role of store", site.store("postgres").password().get());
    for (String strategy : List.of("schema", "database", "pool")) {
      Story story = Story.provision(strategy);
      String id = Site.fresh();
      story.prepare().on(site, id);
      story.begin().on(site, id);
      site.rest().await("/v1/tenants/" + id, "Live");
      secrets.put(
          "tenant in " + strategy,
          site.rest().get("/v1/tenants/" + id + "/connection").path("password").asText());
    }
    Story failing = Story.failing("schema");
    String failed = Site.fresh();
    failing.begin().on(site, failed);
    site.rest().await("/v1/tenants/" + failed, "ProvisioningFailed");
    secrets.put("token", token("operator"));
    secrets.put("revoked token", token("reader"));
    secrets.put("first token", Files.readString(site.data().resolve("operator.token")).strip());
    secrets.put("admin of a store", CANARY);
    registerWith(CANARY);
  }

  @AfterAll
  static void stop() {
    site.close();
    spans.close();
  }

  private static String token(String role) throws Exception {
    JsonNode made = site.rest().change("POST", "/v1/tokens", map("name", "canary", "role", role));
    String text = made.path("token").asText();
    if (role.equals("reader")) {
      site.rest().change("DELETE", "/v1/tokens/" + made.path("id").asText(), null);
    }
    return text;
  }

  /** A store with a wrong password: it fails on the way and everything is told about it. */
  private static void registerWith(String password) throws Exception {
    Database store = site.store("postgres");
    site.rest()
        .change(
            "PUT",
            "/v1/stores/canary",
            map(
                "host", store.host(),
                "port", store.port(),
                "adminUser", "copyhold",
                "adminPassword", password,
                "sslMode", "disable",
                "region", "elsewhere",
                "tier", "none"));
    Rest.until(
        "the store is unusable",
        () ->
            site.rest()
                .state("/v1/stores/canary")
                .path("health")
                .path("kind")
                .asText()
                .equals("Unusable"));
  }

  @Test
  void theSecretsAreThere() {
    assertThat(secrets.values()).allSatisfy(secret -> assertThat(secret).hasSizeGreaterThan(20));
    assertThat(secrets.values()).doesNotHaveDuplicates();
  }

  @Test
  void theSearchFindsThemInEveryClothing() {
    for (String secret : secrets.values()) {
      byte[] bytes = ("some " + secret + " text").getBytes(StandardCharsets.UTF_8);
      for (int from = 0; from < 3; from++) {
        byte[] shifted = Arrays.copyOfRange(bytes, from, bytes.length);
        for (byte[] clothed :
            List.of(
                shifted,
                HexFormat.of().formatHex(shifted).getBytes(StandardCharsets.US_ASCII),
                Base64.getEncoder().encode(shifted))) {
          assertThatThrownBy(() -> requireNone("a test", clothed))
              .isInstanceOf(AssertionError.class);
        }
      }
    }
  }

  @Test
  void noTableOfTheControlDatabaseHoldsOne() throws Exception {
    int tables = 0;
    try (Connection c = site.control().connect("canary");
        Statement s = c.createStatement()) {
      List<String> names = new ArrayList<>();
      try (ResultSet r =
          s.executeQuery(
              "select quote_ident(table_schema) || '.' || quote_ident(table_name)"
                  + " from information_schema.tables"
                  + " where table_schema not in ('pg_catalog', 'information_schema')")) {
        while (r.next()) {
          names.add(r.getString(1));
        }
      }
      for (String table : names) {
        tables++;
        // bytes show as hexadecimal digits
        try (ResultSet r = s.executeQuery("select t::text from " + table + " t")) {
          while (r.next()) {
            requireNone(table, r.getString(1).getBytes(StandardCharsets.UTF_8));
          }
        }
      }
      assertThat(names).contains("copyhold.event", "copyhold.secret", "copyhold.agenda");
    }
    assertThat(tables).isGreaterThan(8);
  }

  /** Tables too, as they lie on the disk, with the write-ahead log; logs, settings, state. */
  @Test
  void noFileHoldsOne() throws Exception {
    List<String> looked = new ArrayList<>();
    try (Stream<Path> files = Files.walk(site.data())) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (KEEPERS.contains(String.valueOf(file.getFileName()))) {
          assertThat(Files.getPosixFilePermissions(file))
              .as("only its owner reads %s", file)
              .allMatch(permission -> permission.name().startsWith("OWNER"));
          continue;
        }
        try {
          requireNone(file.toString(), Files.readAllBytes(file));
          looked.add(site.data().relativize(file).toString());
        } catch (NoSuchFileException e) {
          // it went meanwhile
        }
      }
    }
    assertThat(looked)
        .contains("log/node-1.log", "log/control.log", "nodes/node-1.conf", "state.json");
    assertThat(Files.readString(site.data().resolve("log/" + Installed.STORE + ".log")))
        .as("the store logged its statements")
        .contains("SCRAM-SHA-256$", "statement: ");
  }

  @Test
  void theDirectorysIndexHoldsNone() throws Exception {
    Rest.until(
        "the index holds what was done last",
        () -> indexed().stream().anyMatch(document -> document.contains("store/canary")));
    for (String document : indexed()) {
      requireNone("the index", document.getBytes(StandardCharsets.UTF_8));
    }
  }

  /** What the directory's index has on disk by now. */
  private static List<String> indexed() throws IOException {
    Path node = site.data().resolve("index/node-1");
    if (!Files.exists(node)) {
      return List.of();
    }
    List<Path> indexes;
    try (Stream<Path> generations = Files.list(node)) {
      indexes = generations.filter(Files::isDirectory).toList();
    }
    List<String> documents = new ArrayList<>();
    for (Path index : indexes) {
      try (FSDirectory directory = FSDirectory.open(index)) {
        if (!DirectoryReader.indexExists(directory)) {
          continue; // nothing is committed yet
        }
        try (DirectoryReader reader = DirectoryReader.open(directory)) {
          var stored = reader.storedFields();
          for (int i = 0; i < reader.maxDoc(); i++) {
            documents.add(stored.document(i).toString());
          }
        }
      }
    }
    return documents;
  }

  @Test
  void metricsAndSpansHoldNone() throws Exception {
    String metrics = site.rest().send("GET", "/metrics", null).body().asText();
    assertThat(metrics).contains("copyhold_");
    requireNone("/metrics", metrics.getBytes(StandardCharsets.UTF_8));
    Rest.until("spans have come", () -> spans.bytes().length > 10_000);
    byte[] all = spans.bytes();
    requireNone("spans", all);
    assertThat(new String(all, StandardCharsets.ISO_8859_1)).contains("add-login");
  }

  @Test
  void noProcessShowsOneInItsArgumentsOrEnvironment() throws Exception {
    int seen = 0;
    for (ProcessHandle process : ProcessHandle.current().descendants().toList()) {
      Path proc = Path.of("/proc", Long.toString(process.pid()));
      for (String file : List.of("cmdline", "environ")) {
        try {
          requireNone(proc + "/" + file, Files.readAllBytes(proc.resolve(file)));
          seen++;
        } catch (IOException e) {
          // it has ended, or is another user's
        }
      }
    }
    assertThat(seen).isPositive();
  }

  @Test
  void whatTheApiListsHoldsNone() throws Exception {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (String list : List.of("stores", "tenants", "pools", "tokens", "operations")) {
      JsonNode page = site.rest().get("/v1/" + list + "?limit=200");
      all.writeBytes(page.toString().getBytes(StandardCharsets.UTF_8));
      for (JsonNode item : page.path("items")) {
        String path = "/v1/" + list + "/" + item.path("id").asText();
        all.writeBytes(site.rest().get(path).toString().getBytes(StandardCharsets.UTF_8));
        all.writeBytes(
            site.rest().get(path + "/history").toString().getBytes(StandardCharsets.UTF_8));
      }
    }
    assertThat(all.size()).isGreaterThan(10_000);
    requireNone("the API", all.toByteArray());
  }

  /** As it is, in hexadecimal digits, and in Base64 at each of its three alignments. */
  private static void requireNone(String where, byte[] content) {
    String text = new String(content, StandardCharsets.ISO_8859_1);
    secrets.forEach((name, secret) -> {
      byte[] bytes = secret.getBytes(StandardCharsets.UTF_8);
      assertThat(text.contains(secret)).as("%s stands in %s", name, where).isFalse();
      assertThat(text.contains(HexFormat.of().formatHex(bytes)))
          .as("%s stands in %s as hexadecimal digits", name, where)
          .isFalse();
      for (int shift = 0; shift < 3; shift++) {
        byte[] shifted = new byte[bytes.length + shift];
        System.arraycopy(bytes, 0, shifted, shift, bytes.length);
        String encoded = Base64.getEncoder().withoutPadding().encodeToString(shifted);
        // without the digits that neighbours have a part in
        String core = encoded.substring(shift == 0 ? 0 : shift + 1, encoded.length() - 1);
        assertThat(text.contains(core)).as("%s stands in %s as Base64", name, where).isFalse();
      }
    });
  }
}
