package io.copyhold.chaos.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;
import picocli.CommandLine;

/**
 * Each says what it ran against and how loaded the machine was, and ends in one line of numbers.
 */
@Isolated("takes standard output for itself")
class BenchTest {
  private static final Pattern RESULT = Pattern.compile("RESULT ([a-z]+)((?: [a-z0-9_]+=[^ ]+)+)");

  @Test
  void theFleetIsComparedWithFlywayAndWithPlainJdbc() {
    String out = run("fleet", "--homes", "40", "--quick");

    assertThat(out)
        .contains(
            "PostgreSQL ", "load average", "Copyhold ", "Flyway ", "Flyway pooled", "plain JDBC");
    assertThat(numbers(out, "fleet"))
        .containsKeys(
            "apply_ratio", "current_ratio", "cpu_ratio", "plain_apply_ratio", "cpu_ms_per_home")
        .allSatisfy((key, value) -> assertThat(value).as(key).isPositive());
  }

  @Test
  void aBackfillIsComparedWithAPlainKeysetLoop() {
    String out = run("schema", "--rows", "40000", "--quick");

    assertThat(out).contains("PostgreSQL ", "load average", "Copyhold ", "plain loop ");
    assertThat(numbers(out, "schema"))
        .containsKeys(
            "backfill_ratio", "backfill_rows_per_s", "plain_rows_per_s", "backfill_cpu_ratio")
        .allSatisfy((key, value) -> assertThat(value).as(key).isPositive());
  }

  @Test
  void theAgendaIsComparedWithABareQueueTable() {
    String out = run("agenda", "--alarms", "40000", "--due", "20000", "--quick");

    assertThat(out).contains("PostgreSQL ", "load average", "SKIP LOCKED");
    assertThat(numbers(out, "agenda"))
        .containsEntry("alarms", 2_000.0)
        .containsEntry("due", 1_000.0)
        .containsKeys(
            "put_per_s", "due_per_s", "ratio_vs_plain_insert", "ratio_vs_plain_skip_locked")
        .allSatisfy((key, value) -> assertThat(value).as(key).isPositive());
  }

  @Test
  void operationsAreComparedWithDbosAndTheJournalWithAGroupCommit() {
    String out = run("operations", "--quick", "--warm", "100");

    assertThat(out)
        .contains("PostgreSQL ", "load average", "copyhold ", "dbos ", "journal ", "floor ");
    assertThat(numbers(out, "operations"))
        .containsKeys(
            "cpu_ratio_vs_dbos",
            "p50_ms_at_1",
            "p99_ms_at_16",
            "cpu_ms_per_operation",
            "dbos_cpu_ms",
            "journal_vs_floor")
        .allSatisfy((key, value) -> assertThat(value).as(key).isPositive());
  }

  @Test
  @Tag("heavy")
  void tenantsAreOnboardedInEveryStrategyAndThenRead() {
    String out = run("onboard", "--tenants", "110", "--directory", "60", "--quick", "--steps");

    assertThat(out).contains("PostgreSQL ", "load average", "schema ", "database ", "pool ");
    assertThat(out).contains("step operation=\"tenant-provision\",step=\"verify\"");
    assertThat(numbers(out, "onboard"))
        .containsEntry("tenants", 60.0)
        .containsKeys(
            "schema_per_s",
            "schema_ratio",
            "database_per_s",
            "database_ratio",
            "pool_per_s",
            "pool_ratio",
            "list_p50_ms",
            "page_p99_ms",
            "filter_p50_ms",
            "sort_p50_ms",
            "search_p99_ms",
            "get_p99_ms")
        .allSatisfy((key, value) -> assertThat(value).as(key).isPositive());
  }

  @Test
  @Tag("heavy")
  void moreTenantsAndMoreNodesAreComparedWithFew() {
    String out = run("scale", "--tenants", "1000,2000", "--nodes", "2", "--quick");

    assertThat(out)
        .contains("PostgreSQL ", "load average", "2,000 tenants, ", "2,000 tenants on 2 nodes");
    assertThat(numbers(out, "scale"))
        .containsEntry("tenants", 2_000.0)
        .containsEntry("nodes", 2.0)
        .containsKey("bytes_per_passivated") // few against many, and so sometimes below zero
        .containsKeys(
            "cpu_ratio",
            "cold_cpu_ratio",
            "p50_ratio",
            "p99_ratio",
            "nodes_cpu_ratio",
            "cpu_ms_per_command",
            "cold_cpu_ms_per_command",
            "wakes_per_s",
            "bytes_per_active",
            "directory_bytes_per_tenant",
            "journal_bytes_per_tenant",
            "start_s",
            "start_ratio",
            "rebuild_s")
        .allSatisfy((key, value) -> {
          if (!key.equals("bytes_per_passivated")) {
            assertThat(value).as(key).isPositive();
          }
        });
  }

  @Test
  void sizesThatCannotBeComparedAreRefused() {
    for (String sizes : new String[] {"1000", "10,1000", "2000,1000", "1000,99000000"}) {
      assertThat(new CommandLine(new BenchCommand()).execute("scale", "--tenants", sizes))
          .as(sizes)
          .isEqualTo(2);
    }
  }

  private static String run(String... arguments) {
    PrintStream before = System.out;
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int status;
    try {
      System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
      status = new CommandLine(new BenchCommand()).execute(arguments);
    } finally {
      System.setOut(before);
    }
    String printed = out.toString(StandardCharsets.UTF_8);
    assertThat(status).as(printed).isZero();
    return printed;
  }

  /** Of the last line. */
  private static Map<String, Double> numbers(String out, String bench) {
    String last = out.strip().lines().reduce((_, line) -> line).orElseThrow();
    Matcher result = RESULT.matcher(last);
    assertThat(result.matches()).as(last).isTrue();
    assertThat(result.group(1)).isEqualTo(bench);
    Map<String, Double> numbers = new LinkedHashMap<>();
    for (String pair : result.group(2).strip().split(" ", -1)) {
      String[] parts = pair.split("=", -1);
      numbers.put(parts[0], Double.parseDouble(parts[1]));
    }
    return numbers;
  }
}
