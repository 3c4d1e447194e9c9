package io.copyhold.chaos.workload;

import io.copyhold.chaos.workload.Generations.Use;
import java.util.List;

/**
 * A tenant's setting as a claim that one client holds at a time: taken on condition of the version
 * at which it was free, given back on condition of the version at which it was taken.
 */
public final class Leases implements Workload {
  private static final int REST_MILLIS = 100;
  private static final int USES_MAX = 50;
  private static final int ATTEMPTS = 20;

  private final Generations claims;

  public Leases(List<String> tenants) {
    this.claims = new Generations("x-holder", USES_MAX, tenants);
  }

  @Override
  public String name() {
    return "lease";
  }

  @Override
  public void step(Client client) throws InterruptedException {
    Use use = claims.next(client.random());
    String me = client.name();
    Call read = client.read(name(), use);
    if (read.ok() && read.value().isEmpty()) {
      Call taken =
          client.change(
              name(), use, Settings.swap("acquire", use, "", me, read.version()), ATTEMPTS);
      if (taken.ok()) {
        client.rest(REST_MILLIS);
        client.change(
            name(), use, Settings.swap("release", use, me, "", taken.version()), ATTEMPTS);
      }
    } else if (read.ok() && read.value().equals(me)) { // taken, but the answer never came
      client.change(name(), use, Settings.swap("release", use, me, "", read.version()), ATTEMPTS);
    }
    client.rest(REST_MILLIS);
  }
}
