package io.copyhold.runtime.cassandra;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The files and the command that one embedded Cassandra is started with. */
final class CassandraHome {
  /** What Cassandra reaches into; as its own start script for recent JDKs opens it. */
  private static final List<String> EXPORTS =
      List.of(
          "java.base/java.lang.ref",
          "java.base/jdk.internal.misc",
          "java.base/jdk.internal.ref",
          "java.base/sun.nio.ch",
          "java.management.rmi/com.sun.jmx.remote.internal.rmi",
          "java.rmi/sun.rmi.registry",
          "java.rmi/sun.rmi.server",
          "java.rmi/sun.rmi.transport.tcp",
          "java.sql/java.sql",
          "jdk.unsupported/sun.misc");

  private static final List<String> OPENS =
      List.of(
          "java.base/java.io",
          "java.base/java.lang",
          "java.base/java.lang.module",
          "java.base/java.lang.reflect",
          "java.base/java.net",
          "java.base/java.nio",
          "java.base/java.util",
          "java.base/java.util.concurrent",
          "java.base/java.util.concurrent.atomic",
          "java.base/jdk.internal.loader",
          "java.base/jdk.internal.math",
          "java.base/jdk.internal.misc",
          "java.base/jdk.internal.module",
          "java.base/jdk.internal.ref",
          "java.base/jdk.internal.reflect",
          "java.base/jdk.internal.util.jar",
          "java.base/sun.nio.ch",
          "jdk.management/com.sun.management.internal");

  private static final String LOGBACK =
      """
      <configuration>
        <appender name="out" class="ch.qos.logback.core.ConsoleAppender">
          <encoder><pattern>%date{ISO8601} %-5level %logger{20} %msg%n</pattern></encoder>
        </appender>
        <root level="WARN"><appender-ref ref="out"/></root>
        <logger name="org.apache.cassandra.service.CassandraDaemon" level="INFO"/>
        <logger name="org.apache.cassandra.service.StorageService" level="INFO"/>
      </configuration>
      """;

  /**
   * Small, because it shares its machine; the sizes are those that a light load does not notice.
   */
  private static final String CONFIGURATION =
      """
      cluster_name: copyhold
      num_tokens: 1
      initial_token: %d
      partitioner: org.apache.cassandra.dht.Murmur3Partitioner
      endpoint_snitch: SimpleSnitch
      listen_address: %s
      rpc_address: %s
      storage_port: %d
      native_transport_port: %d
      start_native_transport: true
      seed_provider:
        - class_name: org.apache.cassandra.locator.SimpleSeedProvider
          parameters:
            - seeds: "%s:%d"
      data_file_directories: ["data"]
      commitlog_directory: commitlog
      saved_caches_directory: saved_caches
      hints_directory: hints
      cdc_raw_directory: cdc_raw
      commitlog_segment_size: 8MiB
      commitlog_total_space: 256MiB
      %s
      disk_failure_policy: die
      commit_failure_policy: die
      auto_snapshot: false
      memtable_heap_space: 64MiB
      memtable_offheap_space: 64MiB
      file_cache_size: 32MiB
      key_cache_size: 8MiB
      concurrent_reads: 16
      concurrent_writes: 32
      concurrent_compactors: 1
      compaction_throughput: 16MiB/s
      paxos_variant: v2
      read_request_timeout: 5000ms
      write_request_timeout: 2000ms
      cas_contention_timeout: 2000ms
      batch_size_warn_threshold: 512KiB
      batch_size_fail_threshold: 8MiB
      """;

  private CassandraHome() {}

  static void write(EmbeddedCassandraSettings settings, int port, int storagePort)
      throws IOException {
    String sync =
        settings.durable()
            ? "commitlog_sync: batch"
            : "commitlog_sync: periodic\ncommitlog_sync_period: 10000ms";
    Files.writeString(
        settings.directory().resolve("cassandra.yaml"),
        CONFIGURATION.formatted(
            settings.token(),
            settings.host(),
            settings.host(),
            storagePort,
            port,
            settings.seed(),
            storagePort,
            sync));
    Files.writeString(settings.directory().resolve("logback.xml"), LOGBACK);
  }

  static List<String> command(EmbeddedCassandraSettings settings) {
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    boolean alone = settings.seed().equals(settings.host());
    List<String> command =
        new ArrayList<>(
            List.of(
                java.toString(),
                "-Xms" + settings.heapBytes(),
                "-Xmx" + settings.heapBytes(),
                "-Xss512k",
                "-XX:+UseSerialGC",
                "-XX:+ExitOnOutOfMemoryError",
                "--sun-misc-unsafe-memory-access=allow",
                "--enable-native-access=ALL-UNNAMED",
                "-Dcassandra.config=" + settings.directory().resolve("cassandra.yaml").toUri(),
                "-Dcassandra.storagedir=" + settings.directory(),
                "-Dlogback.configurationFile=" + settings.directory().resolve("logback.xml"),
                "-Dcassandra-foreground=yes",
                // How long a node waits until the others know it: there may be none, or all are
                // near.
                "-Dcassandra.ring_delay_ms=" + (alone ? 100 : 2000),
                "-Dcassandra.skip_wait_for_gossip_to_settle=0",
                "-Dcassandra.superuser_setup_delay_ms=0",
                // Measuring this at each start costs a second, or fourteen on a busy machine.
                "-Dcassandra.memtable.row_overhead_size=180"));
    if (!settings.durable()) {
      command.addAll(List.of("-Dcassandra.skip_sync=true", "-XX:TieredStopAtLevel=1"));
    }
    EXPORTS.forEach(module -> command.addAll(List.of("--add-exports", module + "=ALL-UNNAMED")));
    OPENS.forEach(module -> command.addAll(List.of("--add-opens", module + "=ALL-UNNAMED")));
    command.addAll(
        List.of(
            "-cp",
            settings.home().resolve("classes") + ":" + settings.home().resolve("lib") + "/*",
            "org.apache.cassandra.service.CassandraDaemon"));
    return List.copyOf(command);
  }
}
