package io.copyhold.chaos.checker;

import io.copyhold.chaos.checker.Verdict.Finding;
import io.copyhold.chaos.workload.Call;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A claim has one holder: from the moment a client knows that it has it until the moment it begins
 * to give it back, nobody else has it for certain.
 */
public final class OneHolder {
  private static final String NAME = "one holder";

  private OneHolder() {}

  private record Held(Call from, long until) {}

  public static Verdict check(List<Call> calls) {
    Finding finding = new Finding(NAME, "claims");
    Map<String, List<Call>> claims = new TreeMap<>();
    for (Call call : calls) {
      if (call.op().equals("acquire") || call.op().equals("release")) {
        claims
            .computeIfAbsent(call.entity() + " " + call.register(), _ -> new ArrayList<>())
            .add(call);
      }
    }
    claims.forEach((claim, on) -> {
      List<Held> held = held(on);
      held.sort(Comparator.comparingLong(h -> h.from().ended()));
      for (int i = 0; i < held.size(); i++) {
        finding.looked();
        if (i > 0 && held.get(i - 1).until() > held.get(i).from().ended()) {
          finding.wrong(
              claim + " was held by two: " + held.get(i - 1).from() + " and " + held.get(i).from());
        }
      }
    });
    return finding.verdict();
  }

  /** From each certain acquisition to that holder's next attempt to give it back. */
  private static List<Held> held(List<Call> calls) {
    List<Held> held = new ArrayList<>();
    for (Call taken : calls) {
      if (taken.op().equals("acquire") && taken.ok()) {
        String holder = taken.argument().path("value").asText();
        long until =
            calls.stream()
                .filter(call -> call.op().equals("release"))
                .filter(call -> call.argument().path("before").asText().equals(holder))
                .filter(call -> call.invoked() > taken.ended())
                .mapToLong(Call::invoked)
                .min()
                .orElse(Long.MAX_VALUE);
        held.add(new Held(taken, until));
      }
    }
    return held;
  }
}
