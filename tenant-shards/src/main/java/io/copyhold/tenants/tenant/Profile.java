package io.copyhold.tenants.tenant;

import io.copyhold.runtime.Problem;
import io.copyhold.tenants.Fields;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Who a tenant is to the operator.
 *
 * @param name of the organisation, never of a person; at most {@value #NAME_CHARS_MAX} characters
 * @param region where its data has to be
 * @param tier of the stores and pools that serve it
 * @param settings by {@link Settings}; those left out have their defaults
 */
public record Profile(
    String tenant,
    String name,
    String plan,
    String region,
    String tier,
    Map<String, String> settings,
    List<String> tags) {
  public static final int NAME_CHARS_MAX = 200;

  public Profile {
    settings = Fields.sorted(settings);
    tags = Fields.sorted(tags);
  }

  Optional<Problem> flaw() {
    return Fields.check()
        .id("tenant", tenant)
        .text("name", name, NAME_CHARS_MAX)
        .word("plan", plan)
        .word("region", region)
        .word("tier", tier)
        .note(Settings.check(settings))
        .tags(tags)
        .problem();
  }

  Profile named(String next) {
    return new Profile(tenant, next, plan, region, tier, settings, tags);
  }

  Profile configured(Map<String, String> next) {
    return new Profile(tenant, name, plan, region, tier, next, tags);
  }

  Profile tagged(List<String> next) {
    return new Profile(tenant, name, plan, region, tier, settings, next);
  }
}
