package io.copyhold.runtime.journal;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * How far a follower of the journal has come: it has seen all that was visible in the snapshot
 * {@code seen}, and is on its way to {@code goal}, of which it has the events up to {@code (xid,
 * ordering)}. Between two reads that left nothing over, both are the same.
 *
 * <p>Written {@code 7:12:8,10} where no way is left, and {@code 7:12:8,10~9:15:~13.204} on the way.
 */
record FeedOffset(Snapshot seen, Snapshot goal, long xid, long ordering) {
  /** Before everything. */
  static final FeedOffset START = at(new Snapshot(0, List.of()));

  /**
   * PostgreSQL's notion of which transactions had ended at one moment.
   *
   * @param xmax transactions from here on had not begun
   * @param open those below that had not ended, ascending
   */
  record Snapshot(long xmax, List<Long> open) {
    Snapshot {
      open = List.copyOf(open);
    }

    /** The text form of {@code pg_snapshot}: xmin, xmax, open ones. */
    static Snapshot parse(String text) {
      String[] parts = text.split(":", -1);
      List<Long> open = new ArrayList<>();
      if (!parts[2].isEmpty()) {
        for (String xid : parts[2].split(",", -1)) {
          open.add(Long.parseLong(xid));
        }
      }
      return new Snapshot(Long.parseLong(parts[1]), open);
    }

    boolean sees(long xid) {
      return xid < xmax && !open.contains(xid);
    }

    @Override
    public String toString() {
      return (open.isEmpty() ? xmax : open.getFirst())
          + ":"
          + xmax
          + ":"
          + open.stream().map(String::valueOf).collect(Collectors.joining(","));
    }
  }

  static FeedOffset at(Snapshot seen) {
    return new FeedOffset(seen, seen, 0, 0);
  }

  static FeedOffset parse(String text) {
    if (text.equals(Feed.START)) {
      return START;
    }
    try {
      String[] parts = text.split("~", -1);
      if (parts.length == 1) {
        return at(Snapshot.parse(parts[0]));
      }
      String[] place = parts[2].split("\\.", -1);
      return new FeedOffset(
          Snapshot.parse(parts[0]),
          Snapshot.parse(parts[1]),
          Long.parseLong(place[0]),
          Long.parseLong(place[1]));
    } catch (NumberFormatException | IndexOutOfBoundsException e) {
      throw new ProblemException(
          Problem.invalid("offset-malformed", "this is no offset of the feed").at("offset"), e);
    }
  }

  boolean onTheWay() {
    return !goal.equals(seen);
  }

  FeedOffset towards(Snapshot next) {
    return new FeedOffset(seen, next, 0, 0);
  }

  /** Transactions that were open in {@code seen} and had ended in {@code goal}. */
  List<Long> endedMeanwhile() {
    return seen.open().stream().filter(goal::sees).toList();
  }

  @Override
  public String toString() {
    return onTheWay() ? seen + "~" + goal + "~" + xid + "." + ordering : seen.toString();
  }
}
