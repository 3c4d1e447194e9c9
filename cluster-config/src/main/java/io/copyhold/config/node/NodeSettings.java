package io.copyhold.config.node;

import com.typesafe.config.Config;
import io.copyhold.runtime.journal.JournalSettings;
import io.copyhold.runtime.postgres.Database;
import java.nio.file.Path;

/**
 * What one node process is told ({@code copyhold.node} and {@code copyhold.journal}).
 *
 * @param name for people, unique in the cluster
 * @param data its directory
 * @param keyFile under which secrets are sealed
 * @param supervised its standard input ends with its supervisor
 * @param httpPort 0 for a free one
 * @param remotingPort where the other nodes reach it; 0 for a free one
 * @param remotingBindPort where it listens for them, when something stands in between; 0 for the
 *     same port
 * @param remotingSource the address that its connections to other nodes come from; empty for any
 * @param control the control database
 * @param membership limits
 */
public record NodeSettings(
    String name,
    Path data,
    Path keyFile,
    boolean supervised,
    String httpHost,
    int httpPort,
    String remotingHost,
    int remotingPort,
    int remotingBindPort,
    String remotingSource,
    Database control,
    MembershipSettings membership) {

  /**
   * Reads the settings.
   *
   * @param config the whole configuration, with {@code copyhold} in it
   */
  public static NodeSettings from(Config config) {
    Config node = config.getConfig("copyhold.node");
    Path data = Path.of(node.getString("data"));
    String keyFile = node.getString("key-file");
    return new NodeSettings(
        node.getString("name"),
        data,
        keyFile.isEmpty() ? data.resolve("secrets.key") : Path.of(keyFile),
        node.getBoolean("supervised"),
        node.getString("http.host"),
        node.getInt("http.port"),
        node.getString("remoting.host"),
        node.getInt("remoting.port"),
        node.getInt("remoting.bind-port"),
        node.getString("remoting.source"),
        JournalSettings.from(config).database(),
        MembershipSettings.from(node.getConfig("membership")));
  }
}
