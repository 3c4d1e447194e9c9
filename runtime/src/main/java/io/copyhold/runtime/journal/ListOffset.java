package io.copyhold.runtime.journal;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * How far a follower of the Cassandra journal has come along the owners' lists.
 *
 * <p>Written {@code 4~4:120~6:17/3}: the lists of all owners below 4 are done; of owner 4 the
 * entries up to 120, and of owner 6 those up to 17 and of the one after that the events up to
 * version 3.
 *
 * @param base number of the first owner whose list is not done
 * @param places of owners from there on; one that is missing has not been begun
 */
record ListOffset(long base, SortedMap<Long, Place> places) {
  /**
   * Within one list.
   *
   * @param entry the last one that is passed
   * @param version of the entry after it, the last event that is passed; 0 where none is
   */
  record Place(long entry, long version) {
    static final Place BEGIN = new Place(0, 0);
  }

  /** Before everything; owners are numbered from 1. */
  static final ListOffset START = new ListOffset(1, new TreeMap<>());

  ListOffset {
    places = new TreeMap<>(places);
  }

  static ListOffset parse(String text) {
    if (text.equals(Feed.START)) {
      return START;
    }
    try {
      String[] parts = text.split("~", -1);
      SortedMap<Long, Place> places = new TreeMap<>();
      for (int i = 1; i < parts.length; i++) {
        String[] one = parts[i].split("[:/]", -1);
        places.put(
            Long.parseLong(one[0]),
            new Place(Long.parseLong(one[1]), one.length > 2 ? Long.parseLong(one[2]) : 0));
      }
      return new ListOffset(Long.parseLong(parts[0]), places);
    } catch (NumberFormatException | IndexOutOfBoundsException e) {
      throw new ProblemException(
          Problem.invalid("offset-malformed", "this is no offset of the feed").at("offset"), e);
    }
  }

  Place of(long owner) {
    return places.getOrDefault(owner, Place.BEGIN);
  }

  ListOffset with(long owner, Place place) {
    SortedMap<Long, Place> moved = new TreeMap<>(places);
    moved.put(owner, place);
    return new ListOffset(base, moved);
  }

  /** Without the list of the first owner, which is done. */
  ListOffset past(long owner) {
    return new ListOffset(owner + 1, places.tailMap(owner + 1));
  }

  /** Whether the owner's list is passed up to that entry. */
  boolean passed(long owner, long entry) {
    return owner < base || of(owner).entry() >= entry;
  }

  @Override
  public String toString() {
    return base
        + places.entrySet().stream()
            .map(at ->
                "~"
                    + at.getKey()
                    + ":"
                    + at.getValue().entry()
                    + (at.getValue().version() == 0 ? "" : "/" + at.getValue().version()))
            .collect(Collectors.joining());
  }
}
