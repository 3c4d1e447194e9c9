package io.copyhold.runtime.journal;

import org.apache.pekko.actor.ActorSystem;

/** Where the plugins that Pekko makes find what the node made before its actor system. */
final class JournalSetup {
  private JournalSetup() {}

  static PostgresJournal of(ActorSystem system) {
    return system
        .settings()
        .setup()
        .get(PostgresJournal.class)
        .orElseThrow(
            () -> new IllegalStateException("the actor system was made without PostgresJournal"));
  }

  static CassandraJournal cassandra(ActorSystem system) {
    return system
        .settings()
        .setup()
        .get(CassandraJournal.class)
        .orElseThrow(
            () -> new IllegalStateException("the actor system was made without CassandraJournal"));
  }

  /** Whichever there is. */
  static Journal any(ActorSystem system) {
    return system
        .settings()
        .setup()
        .get(CassandraJournal.class)
        .<Journal>map(journal -> journal)
        .orElseGet(() -> of(system));
  }
}
