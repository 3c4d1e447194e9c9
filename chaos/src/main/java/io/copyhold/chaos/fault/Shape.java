package io.copyhold.chaos.fault;

import java.util.random.RandomGenerator;

/**
 * What happens to the bytes of one direction of a link.
 *
 * @param held nothing passes; what was sent waits, as behind a cable that is cut and mended
 * @param delayMs each piece comes so much later
 * @param jitterMs at most so much more; pieces keep their order
 * @param lossPercent of the pieces come later by the time of being sent again, as TCP does it: 200
 *     ms, and twice as long after each further loss
 */
record Shape(boolean held, int delayMs, int jitterMs, int lossPercent) {
  static final Shape CLEAR = new Shape(false, 0, 0, 0);
  static final Shape HELD = new Shape(true, 0, 0, 0);

  private static final int RESEND_MS = 200;
  private static final int RESENDS_MAX = 6;

  /** How much later the next piece is to come, in milliseconds. */
  long latenessMs(RandomGenerator random) {
    long late = (long) delayMs + (jitterMs == 0 ? 0 : random.nextInt(jitterMs + 1));
    long resend = RESEND_MS;
    for (int i = 0; i < RESENDS_MAX && random.nextInt(100) < lossPercent; i++) {
      late += resend;
      resend *= 2;
    }
    return late;
  }

  /** Both at once: held when either is, the delays of both. */
  Shape with(Shape other) {
    return new Shape(
        held || other.held,
        delayMs + other.delayMs,
        jitterMs + other.jitterMs,
        Math.min(99, lossPercent + other.lossPercent));
  }
}
