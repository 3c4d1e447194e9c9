package io.copyhold.chaos.bench;

import java.io.PrintStream;
import java.util.Locale;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Mean times of steps and of commands, of what a node's {@code /metrics} says. */
final class StepTimes {
  private static final Pattern LINE =
      Pattern.compile("copyhold_(step|command)_seconds_(sum|count)\\{([^}]*)} (\\S+)");

  private StepTimes() {}

  private record Sum(double seconds, double count) {}

  static void print(String metrics, PrintStream out) {
    TreeMap<String, Sum> sums = new TreeMap<>();
    Matcher line = LINE.matcher(metrics);
    while (line.find()) {
      double value = Double.parseDouble(line.group(4));
      boolean sum = line.group(2).equals("sum");
      sums.merge(
          line.group(1) + " " + line.group(3),
          sum ? new Sum(value, 0) : new Sum(0, value),
          (a, b) -> new Sum(a.seconds() + b.seconds(), a.count() + b.count()));
    }
    sums.forEach((name, sum) ->
        out.printf(
            Locale.ROOT,
            "  %-70s %6.0f times, mean %8.1f ms%n",
            name,
            sum.count(),
            sum.seconds() / Math.max(1, sum.count()) * 1e3));
  }
}
