package io.copyhold.chaos.checker;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.chaos.checker.Roll.Line;
import io.copyhold.chaos.checker.Roll.Step;
import io.copyhold.chaos.checker.Verdict.Finding;
import io.copyhold.chaos.workload.Call;
import io.copyhold.runtime.EntityRef;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Holds every answer against the journal replayed on the model:
 *
 * <ol>
 *   <li>no entity's versions have a gap, and every event follows from the state before it;
 *   <li>what was acknowledged stands in the journal under its key, once, at the version that was
 *       answered, with the events that were answered;
 *   <li>what was refused does not stand there;
 *   <li>each answer's summary is the model's at that version, and each read's state too.
 * </ol>
 */
public final class Acknowledged {
  private static final String NAME = "journal";

  private Acknowledged() {}

  public static Verdict check(List<Call> calls, Roll roll) {
    Finding finding = new Finding(NAME, "calls");
    Map<String, List<Step>> byKey = new HashMap<>();
    for (Line line : roll.lines()) {
      if (line.flaw() != null) {
        finding.wrong(line.entity() + ": " + line.flaw());
      }
      for (Step step : line.steps()) {
        String key = step.stored().origin().idempotencyKey();
        if (key != null) {
          byKey.computeIfAbsent(line.entity() + " " + key, _ -> new ArrayList<>()).add(step);
        }
      }
    }
    for (Call call : calls) {
      if (call.workload().equals("payment")) {
        continue; // past the journal
      }
      finding.looked();
      List<Step> found = byKey.getOrDefault(call.entity() + " " + call.key(), List.of());
      if (found.stream().filter(step -> step.stored().digest() != null).count() > 1) {
        finding.doubled(call + " stands in the journal more than once, at " + versions(found));
      }
      switch (call.outcome()) {
        case OK -> answered(call, found, roll, finding);
        case FAIL -> {
          if (!found.isEmpty()) {
            finding.wrong(call + " was refused, but stands in the journal at " + versions(found));
          }
        }
        case UNKNOWN -> {}
      }
    }
    return finding.verdict();
  }

  private static void answered(Call call, List<Step> found, Roll roll, Finding finding) {
    Line line = roll.line(EntityRef.parse(call.entity()));
    long version = call.version();
    if (line == null || version < 1 || version > line.version()) {
      finding.lost(
          call
              + " was answered with version "
              + version
              + "; the journal ends at "
              + (line == null ? 0 : line.version()));
      return;
    }
    if (call.read()) {
      if (!line.view(version).equals(call.answer().path("state"))) {
        finding.wrong(call + " saw another state than version " + version + " has");
      }
      return;
    }
    JsonNode events = call.answer().path("events");
    if (found.isEmpty()) {
      if (!events.isEmpty()) {
        finding.lost(call + " was acknowledged with " + events + ", and is not in the journal");
      }
    } else if (found.getLast().version() != version) {
      finding.wrong(
          call + " was answered with version " + version + ", and stands at " + versions(found));
    } else if (!events.isEmpty() && !names(found).equals(names(events))) {
      finding.wrong(call + " was answered with " + events + ", and stands as " + names(found));
    }
    if (!line.summary(version).equals(call.answer().path("summary"))) {
      finding.wrong(call + " was answered with another summary than version " + version + " has");
    }
  }

  private static List<Long> versions(List<Step> steps) {
    return steps.stream().map(Step::version).toList();
  }

  private static List<String> names(List<Step> steps) {
    return steps.stream().map(Step::name).toList();
  }

  private static List<String> names(JsonNode events) {
    List<String> names = new ArrayList<>();
    events.forEach(event -> names.add(event.asText()));
    return names;
  }
}
