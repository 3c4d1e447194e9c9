package io.copyhold.chaos.checker;

import io.copyhold.chaos.checker.Verdict.Finding;
import io.copyhold.chaos.workload.Call;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Nobody looks back: whoever begins to ask after another got an answer gets a version no lower than
 * that other's, and a higher one for a change of its own. The journal's versions are an order of
 * all changes, so this and {@link Acknowledged} together are linearizability of every entity, in
 * the time that it takes to sort.
 */
public final class RealTime {
  private static final String NAME = "real time";

  private RealTime() {}

  public static Verdict check(List<Call> calls) {
    Finding finding = new Finding(NAME, "answers");
    Map<String, List<Call>> byEntity = new TreeMap<>();
    for (Call call : calls) {
      if (call.ok() && call.version() > 0) {
        byEntity.computeIfAbsent(call.entity(), _ -> new ArrayList<>()).add(call);
      }
    }
    byEntity.values().forEach(answers -> check(answers, finding));
    return finding.verdict();
  }

  private static void check(List<Call> answers, Finding finding) {
    List<Call> begun = new ArrayList<>(answers);
    begun.sort(Comparator.comparingLong(Call::invoked));
    List<Call> ended = new ArrayList<>(answers);
    ended.sort(Comparator.comparingLong(Call::ended));
    int next = 0;
    Call newest = null;
    for (Call call : begun) {
      finding.looked();
      while (next < ended.size() && ended.get(next).ended() < call.invoked()) {
        Call done = ended.get(next++);
        if (newest == null || done.version() > newest.version()) {
          newest = done;
        }
      }
      boolean changed = !call.answer().path("events").isEmpty();
      if (newest != null
          && (call.version() < newest.version() || changed && call.version() == newest.version())) {
        finding.wrong(
            call
                + " got version "
                + call.version()
                + " though version "
                + newest.version()
                + " had been answered to "
                + newest
                + " before it began");
      }
    }
  }
}
