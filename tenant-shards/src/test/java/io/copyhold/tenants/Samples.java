package io.copyhold.tenants;

import io.copyhold.tenants.changelog.Changelog;
import io.copyhold.tenants.changelog.Target;
import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.store.Store;
import io.copyhold.tenants.tenant.Home;
import io.copyhold.tenants.tenant.Profile;
import io.copyhold.tenants.tenant.Wish;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Values that tests of several packages begin from. */
public final class Samples {
  private Samples() {}

  public static final String SHA = "ab".repeat(32);

  public static Target target(String changelog, boolean poolable, String... versions) {
    List<Changelog.Version> all = new ArrayList<>();
    for (String version : versions) {
      all.add(new Changelog.Version(version, "V" + version + "__x.sql", SHA, poolable));
    }
    return Changelog.target(changelog, new Changelog.Published(changelog, all, false), null);
  }

  public static Profile profile(String tenant) {
    return new Profile(
        tenant,
        "Acme Ltd",
        "pro",
        "eu",
        "gold",
        Map.of("timezone", "Europe/Berlin"),
        List.of("team=blue"));
  }

  public static Wish wish(Isolation isolation) {
    return new Wish(isolation, null, null, target("invoicing", true, "1", "2", "3"));
  }

  public static Home home(String name, Isolation isolation, @Nullable String version, int birth) {
    return new Home(
        new HomeRef("eu-1", isolation, name), Home.FIRST_EPOCH, "invoicing", version, birth, false);
  }

  public static Store.Registration registration(String store, int homesMax) {
    return new Store.Registration(
        store,
        "postgresql",
        "db.example",
        5432,
        "copyhold",
        "secret:stores/" + store + "/admin",
        null,
        null,
        "eu",
        "gold",
        new Store.Capacity(homesMax, 20, 4),
        List.of("b", "a"));
  }
}
