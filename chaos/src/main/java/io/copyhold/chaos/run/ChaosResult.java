package io.copyhold.chaos.run;

import io.copyhold.chaos.checker.Verdict;
import io.copyhold.chaos.checker.Violation;
import io.copyhold.chaos.nemesis.Nemesis;
import io.copyhold.chaos.workload.Call;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * What came of a run.
 *
 * @param cuts whether there could be any: empty, or why not
 * @param healed from the last fault to the end of the last operation
 * @param events in the journal
 */
record ChaosResult(
    ChaosPlan plan,
    Nemesis.Done done,
    String cuts,
    List<Call> calls,
    long events,
    Duration healed,
    List<Verdict> verdicts) {
  ChaosResult {
    calls = List.copyOf(calls);
    verdicts = List.copyOf(verdicts);
  }

  List<Violation> violations() {
    return verdicts.stream().flatMap(verdict -> verdict.violations().stream()).toList();
  }

  private long count(Violation.Kind kind) {
    return violations().stream().filter(violation -> violation.kind() == kind).count();
  }

  /** Changes, by HTTP or in the tenants' databases, that were answered with yes. */
  long acknowledged() {
    return calls.stream().filter(call -> call.ok() && !call.read()).count();
  }

  /** The table that closes the run. */
  List<String> table() {
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(Locale.ROOT, "  %-18s %8s %8s %8s", "workload", "ok", "fail", "unknown"));
    Map<String, int[]> counts = new TreeMap<>();
    for (Call call : calls) {
      counts.computeIfAbsent(call.workload(), _ -> new int[3])[call.outcome().ordinal()]++;
    }
    counts.forEach((workload, count) ->
        lines.add(
            String.format(
                Locale.ROOT, "  %-18s %8d %8d %8d", workload, count[0], count[1], count[2])));
    lines.add("");
    Map<String, Integer> answers = new TreeMap<>();
    for (Call call : calls) {
      if (!call.ok() && call.answer().has("status")) {
        String problem = call.answer().path("problem").asText();
        answers.merge(
            call.answer().path("status").asText() + (problem.isEmpty() ? "" : " " + problem),
            1,
            Integer::sum);
      }
    }
    answers.forEach((answer, count) ->
        lines.add(
            String.format(
                Locale.ROOT, "  %-40s %6d", answer.equals("0") ? "no answer" : answer, count)));
    lines.add("");
    lines.add(String.format(Locale.ROOT, "  %-18s %19s  %s", "checker", "looked at", "violations"));
    for (Verdict verdict : verdicts) {
      lines.add(
          String.format(
              Locale.ROOT,
              "  %-18s %8d %-10s  %d",
              verdict.checker(),
              verdict.looked(),
              verdict.unit(),
              verdict.violations().size()));
    }
    return lines;
  }

  /** The one line for programs. */
  String line() {
    return "RESULT chaos seconds=%d kills=%d pauses=%d acknowledged=%d lost=%d doubled=%d violations=%d"
            .formatted(
                plan.seconds(),
                done.kills(),
                done.pauses(),
                acknowledged(),
                count(Violation.Kind.LOST),
                count(Violation.Kind.DOUBLED),
                violations().size())
        + " cuts=%d nodes=%d seed=%d".formatted(done.cuts(), plan.nodes(), plan.seed());
  }
}
