package io.copyhold.chaos.checker;

import io.copyhold.chaos.checker.Verdict.Finding;
import io.copyhold.chaos.workload.Call;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Searches for an order of the calls on one register that explains all answers and keeps to the
 * times at which they were asked and answered (Wing and Gong 1993, with the memory of Lowe 2017).
 * It knows nothing of versions or of the journal. Registers, lists and claims are all registers
 * here: a list grows, and a claim changes hands, by a swap of one value for another.
 *
 * <ol>
 *   <li>Calls are events on a time line: asked, answered. One whose outcome is unknown is never
 *       answered: it may take its place anywhere after it was asked, or none.
 *   <li>From the left, take the first call that is asked before any is answered and that the model
 *       allows; strike it out, and begin again.
 *   <li>At an answer with no call left to take, put the last taken one back and try the next.
 *   <li>A set of taken calls with a value that was tried before is not tried again.
 * </ol>
 */
public final class Linearizability {
  private static final String NAME = "linearizability";

  /** Calls on one register; more takes too long where the search fails. */
  public static final int CALLS_MAX = 500;

  /** Sets of taken calls that are remembered before the search is given up. */
  public static final int STEPS_MAX = 2_000_000;

  private Linearizability() {}

  /** What came of one search. */
  public enum Result {
    YES,
    NO,
    /** Too many calls, or too many ways to order them. */
    TOO_LONG
  }

  /** Each register of each entity by itself. */
  public static Verdict check(List<Call> calls) {
    Finding finding = new Finding(NAME, "registers");
    Map<String, List<Call>> registers = new TreeMap<>();
    for (Call call : calls) {
      if (!call.register().isEmpty()) {
        registers
            .computeIfAbsent(call.entity() + " " + call.register(), _ -> new ArrayList<>())
            .add(call);
      }
    }
    registers.forEach((register, on) -> {
      finding.looked();
      switch (search(on, CALLS_MAX, STEPS_MAX)) {
        case YES -> {}
        case NO -> finding.wrong("no order of its " + on.size() + " calls explains " + register);
        case TOO_LONG ->
            finding.undecided("the search through " + on.size() + " calls of " + register);
      }
    });
    return finding.verdict();
  }

  /**
   * Whether there is an order of these calls on one register, which is empty at first.
   *
   * @param stepsMax limit of the search
   */
  static Result search(List<Call> calls, int callsMax, int stepsMax) {
    List<Call> relevant =
        calls.stream()
            .filter(call -> call.ok() || call.outcome() == Call.Outcome.UNKNOWN && !call.read())
            .toList();
    return relevant.size() > callsMax ? Result.TOO_LONG : new Search(relevant).result(stepsMax);
  }

  /** What the register holds after the call, or null when the call cannot be here. */
  private static @Nullable String after(Call call, String value) {
    if (call.read()) {
      return call.value().equals(value) ? value : null;
    }
    String before = call.argument().path("before").asText(null);
    return before == null || before.equals(value) ? call.argument().path("value").asText() : null;
  }

  /** A place on the time line; the first one stands for its beginning. */
  private static class Place {
    @Nullable Place previous;
    @Nullable Event next;

    final void unlink() {
      if (previous != null) {
        previous.next = next;
      }
      if (next != null) {
        next.previous = previous;
      }
    }
  }

  private static final class Event extends Place {
    private final Call call;
    private final int index;
    private final boolean asked;
    private @Nullable Event answer;

    Event(Call call, int index, boolean asked) {
      this.call = call;
      this.index = index;
      this.asked = asked;
    }

    long at() {
      return asked ? call.invoked() : call.ended();
    }

    /** At the place where it was when it was unlinked. */
    void link() {
      if (previous != null) {
        previous.next = this;
      }
      if (next != null) {
        next.previous = this;
      }
    }
  }

  private record Taken(Event event, String before) {}

  private record Tried(BitSet taken, String value) {}

  private static final class Search {
    private final Place head = new Place();
    private final int answersDue;

    Search(List<Call> calls) {
      List<Event> events = new ArrayList<>();
      for (int i = 0; i < calls.size(); i++) {
        Call call = calls.get(i);
        Event asked = new Event(call, i, true);
        events.add(asked);
        if (call.ended() != Long.MAX_VALUE) {
          Event answered = new Event(call, i, false);
          asked.answer = answered;
          events.add(answered);
        }
      }
      // one that is asked at the moment of another's answer may come before it
      events.sort(Comparator.comparingLong(Event::at).thenComparing(event -> !event.asked));
      this.answersDue = (int) events.stream().filter(event -> !event.asked).count();
      Place last = head;
      for (Event event : events) {
        event.previous = last;
        last.next = event;
        last = event;
      }
    }

    Result result(int stepsMax) {
      List<Taken> way = new ArrayList<>();
      Set<Tried> tried = new HashSet<>();
      BitSet taken = new BitSet();
      String value = "";
      int answered = 0;
      Event at = head.next;
      while (answered < answersDue) {
        if (at != null && at.asked) {
          String next = after(at.call, value);
          if (next != null) {
            BitSet more = (BitSet) taken.clone();
            more.set(at.index);
            if (tried.add(new Tried(more, next))) {
              if (tried.size() > stepsMax) {
                return Result.TOO_LONG;
              }
              way.add(new Taken(at, value));
              answered += at.answer == null ? 0 : 1;
              value = next;
              taken = more;
              lift(at);
              at = head.next;
              continue;
            }
          }
          at = at.next;
        } else {
          if (way.isEmpty()) {
            return Result.NO;
          }
          Taken back = way.removeLast();
          value = back.before();
          taken = (BitSet) taken.clone();
          taken.clear(back.event().index);
          answered -= back.event().answer == null ? 0 : 1;
          putBack(back.event());
          at = back.event().next;
        }
      }
      return Result.YES;
    }

    private static void lift(Event asked) {
      asked.unlink();
      if (asked.answer != null) {
        asked.answer.unlink();
      }
    }

    private static void putBack(Event asked) {
      if (asked.answer != null) {
        asked.answer.link();
      }
      asked.link();
    }
  }
}
