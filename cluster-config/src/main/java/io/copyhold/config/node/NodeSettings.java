package io.copyhold.config.node;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.nio.file.Path;
import java.time.Duration;

/**
 * What one node process is told ({@code copyhold.node}).
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
 * @param membership limits
 * @param pauses limits
 * @param balance limits
 * @param profile {@code machine} or {@code network}
 * @param version of what runs, when it is set
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
    MembershipSettings membership,
    PauseSettings pauses,
    Balance balance,
    String profile,
    String version) {

  /**
   * How shards are balanced.
   *
   * @param shardsMax moved in one round
   * @param shareMax the same as a share of all
   * @param every from one round to the next
   * @param steadyFor after a node was asked to leave, none is
   * @param handOverMax shards of one type that nodes which leave hand over at once
   * @param handOverFor a node that leaves waits so long for that
   */
  public record Balance(
      int shardsMax,
      double shareMax,
      Duration every,
      Duration steadyFor,
      int handOverMax,
      Duration handOverFor) {
    public Balance {
      if (shardsMax < 1 || shareMax <= 0 || shareMax > 1 || handOverMax < 1) {
        throw new IllegalArgumentException(
            "copyhold.node.balance: shards-max "
                + shardsMax
                + ", share-max "
                + shareMax
                + ", hand-over-max "
                + handOverMax);
      }
    }

    static Balance from(Config balance) {
      return new Balance(
          balance.getInt("shards-max"),
          balance.getDouble("share-max"),
          balance.getDuration("every"),
          balance.getDuration("steady-for"),
          balance.getInt("hand-over-max"),
          balance.getDuration("hand-over-for"));
    }
  }

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
        MembershipSettings.from(node.getConfig("membership")),
        PauseSettings.from(node.getConfig("pauses")),
        Balance.from(node.getConfig("balance")),
        profile(node.getString("profile")),
        node.getString("version"));
  }

  private static String profile(String name) {
    if (!name.equals("machine") && !name.equals("network")) {
      throw new IllegalArgumentException(
          "copyhold.node.profile \"" + name + "\": machine or network");
    }
    return name;
  }

  /** What the profile sets of Pekko and of Copyhold. */
  public static Config profileOf(String name) {
    return ConfigFactory.parseResources(
        NodeSettings.class, "/copyhold/profile/" + profile(name) + ".conf");
  }
}
