package io.copyhold.chaos.run;

/**
 * How long and how hard.
 *
 * @param seconds of faults, 5 to 86,400; starting before and judging after come on top
 * @param seed what the faults and the clients' choices are drawn from
 * @param nodes 1 to 9
 */
record ChaosPlan(int seconds, long seed, int nodes) {
  ChaosPlan {
    if (seconds < 5 || seconds > 86_400 || nodes < 1 || nodes > 9) {
      throw new IllegalArgumentException(
          "seconds " + seconds + ": 5 to 86400; nodes " + nodes + ": 1 to 9");
    }
  }
}
