package io.copyhold.chaos.demo;

import static io.copyhold.chaos.demo.Waiting.seconds;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The measured figures at the end, one per line. */
final class ClosingTable {
  private ClosingTable() {}

  static List<String> lines(DemoResult result) {
    DemoResult.Onboarded onboarded = result.onboarded();
    DemoResult.Loaded loaded = result.loaded();
    DemoResult.Rolled rolled = result.rolled();
    DemoResult.Outage outage = result.outage();
    DemoResult.Proof proof = result.proof();
    List<String> lines = new ArrayList<>();
    row(
        lines,
        result.nodes() == 1
            ? "databases and node started"
            : "databases and %d nodes started".formatted(result.nodes()),
        seconds(result.start()));
    row(
        lines,
        "tenants onboarded",
        "%d in %s, %.1f per second"
            .formatted(
                onboarded.tenants(),
                seconds(onboarded.took()),
                rate(onboarded.tenants(), onboarded.took())));
    row(
        lines,
        "rows loaded",
        "%,d in %s, %,.0f per second"
            .formatted(
                loaded.totals().rows(),
                seconds(loaded.took()),
                rate(loaded.totals().rows(), loaded.took())));
    row(
        lines,
        "homes migrated",
        "%d of %d, %d scripts, in %s with the kill in it"
            .formatted(
                proof.homesAtTarget(), rolled.homes(), proof.scripts(), seconds(rolled.took())));
    row(
        lines,
        "killed",
        "with %d homes done and %d on their way".formatted(rolled.beforeKill(), rolled.running()));
    row(
        lines,
        "without answers from the API",
        "%s after the kill (longest before it: %s)"
            .formatted(seconds(outage.silent()), millis(outage.longestOtherwise())));
    row(lines, "from kill to completion", seconds(rolled.sinceKill()));
    row(
        lines,
        "step attempts",
        "%d, of which %d were lost and run again"
            .formatted(proof.attempts(), proof.attemptsLost()));
    row(
        lines,
        "data as expected",
        "%d of %d tenants".formatted(proof.tenantsAsExpected(), onboarded.tenants()));
    row(
        lines,
        "intrusions refused",
        "%d of %d".formatted(proof.intrusionsRefused(), proof.intrusions()));
    row(
        lines,
        "lost acknowledged writes",
        "%d of %d settings, %d of %d payments"
            .formatted(
                proof.settingsLost(),
                proof.settingsAcknowledged(),
                proof.paymentsLost(),
                proof.paymentsAcknowledged()));
    row(
        lines,
        "longest wait of an application",
        millis(proof.slowestPayment()) + " for one payment");
    return lines;
  }

  private static double rate(double count, Duration took) {
    return count / Math.max(0.001, took.toMillis() / 1e3);
  }

  private static String millis(Duration duration) {
    return duration.toMillis() + " ms";
  }

  private static void row(List<String> lines, String what, String figure) {
    lines.add(String.format(Locale.ROOT, "  %-32s %s", what, figure));
  }
}
