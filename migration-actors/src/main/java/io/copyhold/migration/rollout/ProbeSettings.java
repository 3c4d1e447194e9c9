package io.copyhold.migration.rollout;

import com.typesafe.config.Config;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What HTTP probes may ask; the reason stands in {@code reference.conf} under {@code
 * copyhold.rollout}.
 *
 * @param allowedHosts lower-case names or addresses that may be private
 */
public record ProbeSettings(Set<String> allowedHosts) {
  public ProbeSettings {
    allowedHosts = Set.copyOf(allowedHosts);
  }

  public static ProbeSettings from(Config root) {
    String hosts = root.getString("copyhold.rollout.probe-allowed-hosts");
    return new ProbeSettings(
        Arrays.stream(hosts.split(","))
            .map(host -> host.strip().toLowerCase(Locale.ROOT))
            .filter(host -> !host.isEmpty())
            .collect(Collectors.toSet()));
  }
}
