package io.copyhold.runtime.operation;

/**
 * Goes with every effect, so that a store can refuse a late one. Compared by term, then by attempt.
 *
 * @param term of the owner that runs the operation; a later owner's is higher
 * @param attempt rises over all attempts of one operation
 */
public record FenceToken(long term, long attempt) implements Comparable<FenceToken> {
  @Override
  public int compareTo(FenceToken other) {
    int byTerm = Long.compare(term, other.term);
    return byTerm != 0 ? byTerm : Long.compare(attempt, other.attempt);
  }
}
