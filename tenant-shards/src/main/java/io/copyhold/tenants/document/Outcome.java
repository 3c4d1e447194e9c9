package io.copyhold.tenants.document;

import java.util.List;

/** What a change or a document makes of a shape. */
public sealed interface Outcome {
  /**
   * It can be applied.
   *
   * @param shape as it is once the change is complete
   * @param opaque true where raw SQL may have changed more: read the shape from a home that ran it
   * @param best what taking it back gives at best
   */
  record Fits(Shape shape, boolean opaque, Reversal best) implements Outcome {}

  /**
   * It cannot.
   *
   * @param refusals at least one, in the order of the operations; an operation on a table that a
   *     refused one was about is not judged
   */
  record Refused(List<Refusal> refusals) implements Outcome {
    public Refused {
      refusals = List.copyOf(refusals);
    }
  }
}
