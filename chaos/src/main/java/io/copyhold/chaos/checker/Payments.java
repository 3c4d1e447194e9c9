package io.copyhold.chaos.checker;

import io.copyhold.chaos.checker.Verdict.Finding;
import io.copyhold.chaos.workload.Call;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a tenant's application was told to be committed is there, and nothing that it never wrote.
 */
public final class Payments {
  private static final String NAME = "payments";

  private Payments() {}

  /**
   * @param found ids of the payments in each tenant's database, by {@code tenant/acme}
   */
  public static Verdict check(List<Call> calls, Map<String, List<Long>> found) {
    Finding finding = new Finding(NAME, "payments");
    found.forEach((tenant, ids) -> {
      Set<Long> there = new HashSet<>(ids);
      if (there.size() < ids.size()) {
        finding.doubled(tenant + " has " + (ids.size() - there.size()) + " payments twice");
      }
      for (Call call : calls) {
        if (call.op().equals("pay") && call.entity().equals(tenant)) {
          finding.looked();
          if (!there.remove(call.argument().path("id").asLong()) && call.ok()) {
            finding.lost(call + " was committed and is gone");
          }
        }
      }
      if (!there.isEmpty()) {
        finding.wrong(tenant + " has payments that nobody made: " + there);
      }
    });
    return finding.verdict();
  }
}
