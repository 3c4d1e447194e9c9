package io.copyhold.chaos.simulation;

import java.util.EnumSet;
import java.util.Set;

/** How badly things go at this moment; all parts of one world look here. Rates are 0 to 1. */
final class Conditions {
  final Coverage coverage = new Coverage();
  final Set<Defect> defects = EnumSet.noneOf(Defect.class);

  double loss;
  double duplication;

  /** Share of messages that take seconds. */
  double delay;

  double writeFails;
  double tornWrite;
  boolean slowJournal;
  boolean journalAway;
  boolean agendaAway;

  /** Share of steps that take many seconds. */
  double slowSteps;

  boolean has(Defect defect) {
    return defects.contains(defect);
  }

  /** Everything works from here on; what is broken on purpose stays so. */
  void heal() {
    loss = 0;
    duplication = 0;
    delay = 0;
    writeFails = 0;
    tornWrite = 0;
    slowJournal = false;
    journalAway = false;
    agendaAway = false;
    slowSteps = 0;
  }
}
