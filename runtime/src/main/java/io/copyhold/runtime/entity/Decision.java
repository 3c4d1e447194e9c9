package io.copyhold.runtime.entity;

import io.copyhold.runtime.Problem;
import java.time.Duration;
import java.util.List;

/** What a command causes: events (none if nothing changes), a refusal, or "ask again later". */
public sealed interface Decision<E> {
  record Accept<E>(List<E> events) implements Decision<E> {
    public Accept {
      events = List.copyOf(events);
    }
  }

  record Refuse<E>(Problem problem) implements Decision<E> {}

  record Later<E>(Duration after, Problem problem) implements Decision<E> {}

  @SafeVarargs
  static <E> Decision<E> accept(E... events) {
    return new Accept<>(List.of(events));
  }

  static <E> Decision<E> accept(List<E> events) {
    return new Accept<>(events);
  }

  /** The state does not allow it. */
  static <E> Decision<E> refuse(String code, String what) {
    return new Refuse<>(Problem.conflict(code, what));
  }

  static <E> Decision<E> refuse(Problem problem) {
    return new Refuse<>(problem);
  }

  static <E> Decision<E> later(Duration after, Problem problem) {
    return new Later<>(after, problem);
  }
}
