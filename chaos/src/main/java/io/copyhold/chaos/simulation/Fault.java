package io.copyhold.chaos.simulation;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/** What may go wrong in a run; a seed draws some of them. */
public enum Fault {
  /** A node dies at any moment; statements it had sent may still be carried out. */
  CRASH,
  /** A node dies right after an event became durable, before it knows. */
  CRASH_AT_WRITE,
  /** A node stands still for a while, is taken for dead, and goes on where it was. */
  PAUSE,
  /** A node is removed by the others, does not know, and works on. */
  CUT,
  /** A shard is handed over to another node in good order. */
  HAND_OFF,
  /** Messages are lost. */
  LOSS,
  /** Messages arrive twice. */
  DUPLICATION,
  /** Messages take seconds, and so overtake each other. */
  DELAY,
  /** Writes to the journal fail with nothing stored. */
  WRITE_FAILS,
  /** Writes to the journal are stored, at once or later, and the answer says they failed. */
  TORN_WRITE,
  /** The journal takes seconds. */
  SLOW_JOURNAL,
  /** The journal does not answer. */
  JOURNAL_AWAY,
  /** The agenda does not answer. */
  AGENDA_AWAY,
  /** A store does not answer. */
  STORE_AWAY,
  /** Calls of a store fail, half of them after they had their effect. */
  STORE_FAILS,
  /** Steps take long: longer than their owner keeps its shard. */
  SLOW_STEPS,
  /** The clock of a node jumps by up to an hour, either way. */
  CLOCK;

  /** As options name it: {@code crash-at-write}. */
  public String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * @param words separated by commas; {@code all} or {@code none} alone
   * @throws IllegalArgumentException for an unknown word
   */
  public static Set<Fault> parse(String words) {
    if (words.equals("all")) {
      return EnumSet.allOf(Fault.class);
    }
    EnumSet<Fault> faults = EnumSet.noneOf(Fault.class);
    if (words.equals("none")) {
      return faults;
    }
    for (String word : words.split(",")) {
      faults.add(valueOf(word.trim().toUpperCase(Locale.ROOT).replace('-', '_')));
    }
    return faults;
  }
}
